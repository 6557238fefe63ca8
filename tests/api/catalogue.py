"""A small catalogue in the store, as a sync leaves it, and how fresh it is said to be."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from db.models import Category, ExternalCategory, ExternalProduct, Product, SyncRun
from db.session import reading, writing
from db.types import db_now
from db.work import states

NAMES = ("b2b.categories", "b2b.products")


def category(number: int, *, parent_id: int | None = None, **link: Any) -> int:
    """A category ``c<number>`` of the source; our id of it."""
    with writing() as session:
        row = Category(name=f"Shelf {number}", slug=f"shelf-{number}", parent_id=parent_id)
        session.add(row)
        session.flush()
        told = {"sync_status": "synced", "last_synced_at": db_now(), "details": {"order": number}}
        session.add(
            ExternalCategory(
                external_id=f"c{number}", source="b2b", category_id=row.id, **told | link
            )
        )
        return row.id


def product(number: int, *, active: bool = True, price: str = "2.5", **link: Any) -> int:
    """A product ``p<number>`` of the source; our id of it."""
    with writing() as session:
        row = Product(
            title=f"Rice {number}", price=Decimal(price), stock=number, sku=f"R-{number}",
            active=active,
        )  # fmt: skip
        session.add(row)
        session.flush()
        told = {"sync_status": "synced", "last_synced_at": db_now(), "details": {"unit": "kg"}}
        session.add(
            ExternalProduct(
                external_id=f"p{number}", source="b2b", product_id=row.id, **told | link
            )
        )
        return row.id


def synced(*, hours_ago: float, names: tuple[str, ...] = NAMES) -> None:
    """The last good run of each of them began so long ago."""
    with writing() as session:
        for name in names:
            row = states.locked(session, name)
            row.last_success_at = row.last_attempt_at = db_now(-hours_ago * 3600)


def woken() -> list[str]:
    """The syncs whose runs are due because of a page, in order."""
    with reading() as session:
        rows = session.query(SyncRun).filter_by(trigger="page", status="due")
        return sorted(row.sync for row in rows)
