"""Calls to vendors: kept, listed, and forgotten after a while."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from db.models import APICall
from db.session import NO_SYNC
from db.types import db_now


def keep(session: Session, calls: Sequence[Mapping[str, object]]) -> None:
    """Store calls, each by the names of its columns."""
    session.execute(insert(APICall), [dict(call) for call in calls])


def recent(
    session: Session, *, connector: str | None = None, before: int | None = None, limit: int = 50
) -> list[APICall]:
    """Calls, newest first; ``before`` is the id the last page ended with."""
    query = select(APICall).order_by(APICall.id.desc()).limit(limit)
    if connector is not None:
        query = query.where(APICall.connector == connector)
    if before is not None:
        query = query.where(APICall.id < before)
    return list(session.scalars(query))


def forget(session: Session, *, older_than_days: float, most: int) -> int:
    """Delete up to ``most`` old calls; how many."""
    old = (
        select(APICall.id)
        .where(APICall.at < db_now(-older_than_days * 86400))
        .order_by(APICall.at)
        .limit(most)
    )
    result = session.execute(delete(APICall).where(APICall.id.in_(old)), execution_options=NO_SYNC)
    return int(result.rowcount)  # type: ignore[attr-defined]  # a DELETE's result is a CursorResult
