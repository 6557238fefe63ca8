"""Shops: added by people, changed, deactivated and restored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.document import Json
from core.errors import NotFoundError, RefusedError
from db.catalogue import departures, shop_rules
from db.models import Product, Shop, Terminal

POLICIES = ("reject", "allow")
"""What becomes of a sale of more than is in stock: it is refused, or the stock goes below zero."""

_SHOPS = Shop.__table__.c
_PLACES = select(_SHOPS.id, _SHOPS.site_id, _SHOPS.active, _SHOPS.is_default).order_by(_SHOPS.id)


class Values(TypedDict, total=False):
    """What of a shop may be changed; what is missing stays as it is."""

    name: str
    stock_policy: str
    timezone: str
    day_starts_at: str
    country: str
    site_id: str | None
    is_default: bool
    sells_from: int | None


def add(
    session: Session,
    *,
    name: str,
    site_id: str | None = None,
    currency: str = "EUR",
    stock_policy: str = "reject",
    timezone: str = "Europe/Paris",
    day_starts_at: str = "00:00",
    country: str = "FR",
) -> Shop:
    """A new shop; ``RefusedError`` when another one has this site already."""
    shop_rules.may_have_site(site_id, every(session))
    shop = Shop(
        name=name,
        site_id=site_id,
        currency=currency.upper(),
        stock_policy=stock_policy,
        timezone=timezone,
        day_starts_at=day_starts_at,
        country=country,
    )
    session.add(shop)
    _flush(session, site_id)
    return shop


def find(session: Session, shop_id: int) -> Shop:
    """The shop; ``NotFoundError`` when there is none."""
    shop = session.get(Shop, shop_id)
    if shop is None:
        raise NotFoundError("shop", shop_id)
    return shop


def every(session: Session) -> list[Shop]:
    """All shops, deactivated ones too, oldest first."""
    return list(session.scalars(select(Shop).order_by(Shop.id)))


def places(session: Session) -> list[Shop]:
    """All shops, oldest first, as far as it decides where products are placed: each page asks, and
    loading them whole would be a tenth of its time. They are none of the session's.
    """
    return [Shop(**row._asdict()) for row in session.connection().execute(_PLACES)]


def assortment(shop_id: int, sells_from: int | None) -> tuple[int, ...]:
    """The shops whose articles a shop sells: its own, and those of the one it sells from."""
    return (shop_id,) if sells_from is None else (shop_id, sells_from)


def hold_active(session: Session, shop_id: int) -> Shop:
    """The shop, held so that it stays in use meanwhile; ``RefusedError`` when it is deactivated."""
    shop = _among(_hold(session, Shop.id == shop_id), shop_id)
    shop_rules.may_be_used(shop)
    return shop


def change(session: Session, shop_id: int, values: Values) -> tuple[Shop, Json]:
    """The shop with these values, and those that were others before; ``RefusedError`` when one of
    them cannot be.
    """
    shops = _hold(session)
    shop = _among(shops, shop_id)
    now = {**vars(shop), "is_default": shop_rules.default_of(shops.values()) == shop_id}
    changed = {name: value for name, value in values.items() if now[name] != value}
    if "site_id" in changed:
        shop_rules.may_have_site(values["site_id"], shops.values())
    if "sells_from" in changed:
        _sell_from(session, shop, values["sells_from"], shops)
    if "is_default" in changed:
        _unmark(session, shop, shops)
    for name, value in changed.items():
        setattr(shop, name, value)
    _flush(session, values.get("site_id"))
    return shop, changed


def deactivate(session: Session, shop_id: int, *, move_to: int | None = None) -> int:
    """Take the shop out of use; how many articles moved to the shop ``move_to``.

    ``RefusedError`` while somebody needs it, or its stock moves nowhere.
    """
    shops = _hold(session)
    shop = _among(shops, shop_id)
    if move_to is not None:
        shop_rules.may_take_articles(shop, _among(shops, move_to))
    shop_rules.may_deactivate(
        shop, shops.values(), terminals=_terminals(session, shop_id),
        in_stock=0 if move_to is not None else _in_stock(session, shop_id),
    )  # fmt: skip
    moved = 0 if move_to is None else departures.move(session, shop_id, to=move_to)
    shop.active = False
    session.flush()
    return moved


def restore(session: Session, shop_id: int) -> bool:
    """Take the shop into use again, as it was; False when it was in use."""
    shop = _among(_hold(session), shop_id)
    was_out, shop.active = not shop.active, True
    session.flush()
    return was_out


def _hold(session: Session, *which: ColumnElement[bool]) -> dict[int, Shop]:
    """Shops by id, held until the transaction ends; all of them where what may be done with one
    depends on the others.
    """
    # Not FOR UPDATE: a sync page that adds a product holds its shop's key.
    query = select(Shop).where(*which).order_by(Shop.id).with_for_update(key_share=True)
    held = session.scalars(query, execution_options={"populate_existing": True})
    return {shop.id: shop for shop in held}


def _among(shops: Mapping[int, Shop], shop_id: int) -> Shop:
    if shop_id not in shops:
        raise NotFoundError("shop", shop_id)
    return shops[shop_id]


def _sell_from(
    session: Session, shop: Shop, other_id: int | None, shops: Mapping[int, Shop]
) -> None:
    if other_id is not None:
        shop_rules.may_sell_from(shop, _among(shops, other_id), shops.values())
    if shop.sells_from is not None:
        departures.stop_selling(session, shop.id, shop.sells_from)
    if other_id is not None:
        departures.start_selling(session, other_id)


def _unmark(session: Session, shop: Shop, shops: Mapping[int, Shop]) -> None:
    """Make room for another default shop: two are never marked, not for a moment either."""
    shop_rules.may_be_used(shop)
    for each in shops.values():
        each.is_default = False
    session.flush()


def _flush(session: Session, site_id: str | None) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        # Somebody gave it to a shop in this very moment.
        raise RefusedError(f"Site {site_id} belongs to another shop already.") from error


def _terminals(session: Session, shop_id: int) -> list[str]:
    query = select(Terminal.name).where(Terminal.shop_id == shop_id, Terminal.active)
    return list(session.scalars(query.order_by(Terminal.id)))


def _in_stock(session: Session, shop_id: int) -> int:
    query = select(func.count()).where(Product.shop_id == shop_id, Product.stock != 0)
    return session.scalar(query) or 0
