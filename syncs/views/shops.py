"""Shops as operators see them, and the articles that no till can sell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from sqlalchemy.orm import Session

from core.errors import NotFoundError
from db.catalogue import shelves, shop_rules, shops
from db.catalogue.shelves import Shelf
from syncs.views.shapes import Count, Id, Shape, Text

Reason = Literal["no_site", "no_shop", "deactivated", "no_terminal"]


class Shop(Shape):
    """A shop; ``site_id`` is its number at the B2B source, ``sells_from`` a shop whose articles it
    sells too. Its business day begins at ``day_starts_at``. ``articles`` are on sale in its tills,
    ``terminals`` are active.
    """

    id: Id
    name: str
    site_id: Text
    currency: str
    stock_policy: str
    timezone: str
    day_starts_at: str
    country: str
    is_default: bool
    sells_from: Id | None
    active: bool
    articles: Count
    terminals: Count


class Unsold(Shape):
    """Articles on sale that no till can sell, and why: they are in no shop and their record names
    no site, or one that no shop has; or their shop is deactivated, or has no active terminal.
    """

    reason: Reason
    site_id: Text
    shop_id: Id | None
    shop: Text
    articles: Count


def every(session: Session) -> list[Shop]:
    """All shops, deactivated ones too, oldest first."""
    return _shops(session, shelves.articles(session))


def find(session: Session, shop_id: int) -> Shop:
    """The shop; ``NotFoundError`` when there is none."""
    for shop in every(session):
        if shop.id == shop_id:
            return shop
    raise NotFoundError("shop", shop_id)


def unsold(session: Session) -> list[Unsold]:
    """The articles that no till can sell: those in no shop by site, then the others by shop."""
    articles = shelves.articles(session)
    homeless = [
        Unsold(
            reason="no_site" if site is None else "no_shop",
            site_id=site,
            shop_id=None,
            shop=None,
            articles=count,
        )
        for site, count in shelves.homeless(session).items()
    ]
    return [*homeless, *_unsold(_shops(session, articles), articles)]


def _shops(session: Session, articles: Mapping[int, Shelf]) -> list[Shop]:
    rows, terminals = shops.every(session), shelves.terminals(session)
    default = shop_rules.default_of(rows)
    return [
        Shop(
            id=row.id, name=row.name, site_id=row.site_id, currency=row.currency,
            stock_policy=row.stock_policy, timezone=row.timezone,
            day_starts_at=row.day_starts_at, country=row.country,
            is_default=row.id == default, sells_from=row.sells_from, active=row.active,
            articles=sum(
                articles.get(each, Shelf()).on_sale
                for each in shops.assortment(row.id, row.sells_from)
            ),
            terminals=terminals.get(row.id, 0),
        )
        for row in rows
    ]  # fmt: skip


def _unsold(every: Sequence[Shop], articles: Mapping[int, Shelf]) -> Iterator[Unsold]:
    """Decides only. Before the first till nobody misses one, and what is not in stock is nothing
    that a deactivated shop holds back.
    """
    served = {
        each
        for shop in every
        if shop.active and shop.terminals
        for each in shops.assortment(shop.id, shop.sells_from)
    }
    for shop in every:
        shelf = articles.get(shop.id, Shelf())
        if not shop.active and shelf.in_stock:
            yield _in_shop("deactivated", shop, shelf.in_stock)
        if shop.active and served and shop.id not in served and shelf.on_sale:
            yield _in_shop("no_terminal", shop, shelf.on_sale)


def _in_shop(reason: Reason, shop: Shop, articles: int) -> Unsold:
    return Unsold(
        reason=reason, site_id=shop.site_id, shop_id=shop.id, shop=shop.name, articles=articles
    )
