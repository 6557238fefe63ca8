"""Every sealed column, and how its values come under the newest encryption key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from core import crypto
from core.errors import MoulinError
from db.leases import NO_SYNC
from db.models import APIKey, Reject, Sale, SalesBatch, Terminal

Column = InstrumentedAttribute[Any]

COLUMNS: tuple[Column, ...] = (
    APIKey.sealed,
    Reject.payload,
    SalesBatch.body,
    Sale.client,
    Terminal.signing_key,
)
"""Whatever ``core.crypto.seal`` made and a table keeps."""


@dataclass(frozen=True)
class Batch:
    """Some rows of one column: how many were sealed anew, which could not be opened and why, and
    the id to go on after; None when that was the last.
    """

    changed: int
    lost: list[tuple[int, str]]
    after: int | None


def name(column: Column) -> str:
    """``api_keys.sealed``."""
    return f"{column.class_.__tablename__}.{column.key}"


def count(session: Session, column: Column) -> int:
    """How many sealed values the column holds."""
    return session.scalar(select(func.count(column))) or 0


def reseal(session: Session, column: Column, *, after: int = 0, limit: int = 500) -> Batch:
    """Seal up to ``limit`` values of ``column`` under the newest key. Safe to repeat and to stop
    between batches: what is under that key already is passed over.
    """
    ident = column.class_.id
    newest = crypto.key_ids()[0]
    rows = session.execute(
        select(ident, column)
        .where(ident > after, column.not_like(f"{newest}:%"))
        .order_by(ident)
        .limit(limit)
    ).all()
    changed, lost = 0, list[tuple[int, str]]()
    for row_id, sealed in rows:
        try:
            fresh = crypto.reseal(sealed)
        except MoulinError as error:
            # One value whose key is gone must not keep all others under an old key.
            lost.append((row_id, str(error)))
            continue
        # Only if it is still what was opened: a run may have replaced it this instant.
        result = session.execute(
            update(column.class_).where(ident == row_id, column == sealed).values({column: fresh}),
            execution_options=NO_SYNC,
        )
        changed += result.rowcount  # type: ignore[attr-defined]  # an UPDATE's result is a CursorResult
    return Batch(changed, lost, rows[-1][0] if len(rows) == limit else None)
