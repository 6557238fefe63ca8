"""Shops as operators see them."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from core.errors import NotFoundError
from db.catalogue import shelves, shop_rules, shops
from db.catalogue.shelves import Shelf
from syncs.views.shapes import Count, Id, Shape, Text


class Shop(Shape):
    """A shop; ``site_id`` is its number at the B2B source, ``sells_from`` a shop whose articles it
    sells too. ``articles`` are on sale in its tills, ``terminals`` are active.
    """

    id: Id
    name: str
    site_id: Text
    currency: str
    stock_policy: str
    timezone: str
    is_default: bool
    sells_from: Id | None
    active: bool
    articles: Count
    terminals: Count


def every(session: Session) -> list[Shop]:
    """All shops, deactivated ones too, oldest first."""
    return _shops(session, shelves.articles(session))


def find(session: Session, shop_id: int) -> Shop:
    """The shop; ``NotFoundError`` when there is none."""
    for shop in every(session):
        if shop.id == shop_id:
            return shop
    raise NotFoundError("shop", shop_id)


def _shops(session: Session, articles: Mapping[int, Shelf]) -> list[Shop]:
    rows, terminals = shops.every(session), shelves.terminals(session)
    default = shop_rules.default_of(rows)
    return [
        Shop(
            id=row.id, name=row.name, site_id=row.site_id, currency=row.currency,
            stock_policy=row.stock_policy, timezone=row.timezone, is_default=row.id == default,
            sells_from=row.sells_from, active=row.active,
            articles=sum(
                articles.get(each, Shelf()).on_sale
                for each in shops.assortment(row.id, row.sells_from)
            ),
            terminals=terminals.get(row.id, 0),
        )
        for row in rows
    ]  # fmt: skip
