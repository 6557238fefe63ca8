"""Shops: added by people, matched by the source's site number."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import crypto
from core.document import Json
from core.errors import NotFoundError, RefusedError
from db.models import Shop

POLICIES = ("reject", "allow")
"""What becomes of a sale of more than is in stock: it is refused, or the stock goes below zero."""

_SITES = select(Shop.__table__.c.id, Shop.__table__.c.site_id).order_by(Shop.__table__.c.id)


def add(
    session: Session,
    *,
    name: str,
    site_id: str | None = None,
    currency: str = "EUR",
    stock_policy: str = "reject",
    timezone: str = "Europe/Paris",
) -> Shop:
    """A new shop; ``RefusedError`` when another one has this site already."""
    if site_id is not None:
        other = session.scalar(select(Shop).where(Shop.site_id == site_id))
        if other is not None:
            raise RefusedError(f"Site {site_id} belongs to shop {other.id} ({other.name}) already.")
    shop = Shop(
        name=name,
        site_id=site_id,
        currency=currency.upper(),
        stock_policy=stock_policy,
        timezone=timezone,
    )
    session.add(shop)
    session.flush()
    return shop


def find(session: Session, shop_id: int) -> Shop:
    """The shop; ``NotFoundError`` when there is none."""
    shop = session.get(Shop, shop_id)
    if shop is None:
        raise NotFoundError("shop", shop_id)
    return shop


def change(session: Session, shop_id: int, **values: object) -> tuple[Shop, Json]:
    """The shop with these columns (None: as it is), and those that were others before."""
    find(session, shop_id)
    shop = session.get_one(Shop, shop_id, with_for_update=True, populate_existing=True)
    given = {name: value for name, value in values.items() if value is not None}
    changed = {name: value for name, value in given.items() if getattr(shop, name) != value}
    for name, value in changed.items():
        setattr(shop, name, value)
    session.flush()
    return shop, changed


def every(session: Session) -> list[Shop]:
    """All shops, oldest first."""
    return list(session.scalars(select(Shop).order_by(Shop.id)))


class Sites:
    """Which shop a record belongs to: its site's, else the run's site's, else the only shop.

    ``world`` changes whenever the shop of some record may have changed.
    """

    def __init__(self, session: Session, run_site: str | None = None) -> None:
        shops = [(row[0], row[1]) for row in session.connection().execute(_SITES)]
        self._by_site = {site: ident for ident, site in shops if site is not None}
        self._only = shops[0][0] if len(shops) == 1 else None
        self._run_site = run_site
        self.world = crypto.digest(repr((shops, run_site)))[:8]

    def shop(self, site: str | None) -> int | None:
        """Our shop's id; None: listed, but sold by no till until a shop is added."""
        site = site if site is not None else self._run_site
        if site is None:
            return self._only
        return self._by_site.get(site)
