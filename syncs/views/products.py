"""A product as operators see it: each field of ours, the source's last value, and its link."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from db.catalogue import locked_fields
from db.models import ExternalProduct
from db.models import Product as Row
from syncs.views.shapes import Id, Shape, Text


class Explained(Shape):
    """Our value of a field and the source's last one (None where it tells none)."""

    ours: Any
    source: Any
    locked: bool


class Link(Shape):
    """What ties a product to its source; ``gone_at``: the source has it no longer."""

    source: str
    external_id: str
    category: Text
    state: str
    last_synced_at: datetime | None
    seen_run: int | None
    gone_at: datetime | None
    error: Text


class Product(Shape):
    """Each lockable field by its name; no ``link``: it was made here."""

    id: Id
    shop_id: Id | None
    fields: dict[str, Explained]
    link: Link | None


def find(session: Session, ident: str, *, external: bool = False) -> Product:
    """The product of this id, ours or the source's; ``RefusedError`` when it is not one."""
    product_id = locked_fields.find(session, ident, external=external)
    product = session.get_one(Row, product_id)
    link = locked_fields.link(session, product_id)
    return Product(
        id=product_id,
        shop_id=product.shop_id,
        fields={
            each.field: Explained(ours=each.ours, source=each.source, locked=each.locked)
            for each in locked_fields.explain(session, product)
        },
        link=_link(link) if link is not None else None,
    )


def _link(link: ExternalProduct) -> Link:
    return Link(
        source=link.source,
        external_id=link.external_id,
        category=link.upstream_category,
        state=link.sync_status,
        last_synced_at=link.last_synced_at,
        seen_run=link.seen_run,
        gone_at=link.gone_at,
        error=link.error,
    )
