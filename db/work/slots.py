"""Scheduled instants, each claimed once, whoever comes first: beat, another beat or a sweeper."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, aliased

from db.models import JobSlot
from db.session import NO_SYNC
from db.types import db_now
from db.upsert import insert_new


def claim(session: Session, sync: str, slot: datetime) -> int | None:
    """The slot's id when it was free, else None."""
    ident: int | None = insert_new(session, JobSlot, {"sync": sync, "slot": slot})
    return ident


def is_claimed(session: Session, sync: str, slot: datetime) -> bool:
    """Whether the slot is claimed: a read, so that a sweeper need not try to write each time."""
    query = select(JobSlot.id).where(JobSlot.sync == sync, JobSlot.slot == slot)
    return session.scalar(query) is not None


def give(session: Session, slot_id: int, run_id: int) -> None:
    """Note which run the slot started."""
    session.execute(
        update(JobSlot).where(JobSlot.id == slot_id).values(run_id=run_id),
        execution_options=NO_SYNC,
    )


def forget(session: Session, *, older_than_days: float) -> int:
    """Delete slots that nobody can claim again; how many.

    A sync's newest slot stays however old it is: a sweeper may still read whether it was claimed.
    """
    newer = aliased(JobSlot)
    newest = select(func.max(newer.slot)).where(newer.sync == JobSlot.sync).scalar_subquery()
    old = JobSlot.slot < db_now(-older_than_days * 86400)
    result = session.execute(
        delete(JobSlot).where(old, JobSlot.slot < newest), execution_options=NO_SYNC
    )
    return int(result.rowcount)  # type: ignore[attr-defined]  # a DELETE's result is a CursorResult
