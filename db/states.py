"""The one row a sync: paused or not, when it last tried and succeeded."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import SyncState
from db.upsert import insert_new


def ensure(session: Session, sync: str) -> None:
    """Make the row unless it is there."""
    if session.scalar(select(SyncState.sync).where(SyncState.sync == sync)) is None:
        insert_new(
            session, SyncState, {"sync": sync, "failures": 0, "lease_token": 0, "paused": False}
        )


def locked(session: Session, sync: str) -> SyncState:
    """The row, held until the transaction ends: decisions about one sync are taken in turn."""
    ensure(session, sync)
    query = select(SyncState).where(SyncState.sync == sync).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def find(session: Session, sync: str) -> SyncState | None:
    """The row as it is; None before the sync's first run."""
    return session.get(SyncState, sync)


def pause(session: Session, sync: str, *, paused: bool) -> None:
    """Let no run begin (a running one ends its slice), or let them begin again."""
    locked(session, sync).paused = paused
    session.flush()
