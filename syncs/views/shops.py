"""Shops as operators see them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from db.catalogue import shops
from syncs.views.shapes import Id, Shape, Text


class Shop(Shape):
    """A shop; ``site_id`` is its number at the B2B source."""

    id: Id
    name: str
    site_id: Text
    currency: str
    stock_policy: str
    timezone: str


def every(session: Session) -> list[Shop]:
    """All shops, oldest first."""
    return [Shop.of(shop) for shop in shops.every(session)]
