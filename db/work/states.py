"""The one row a sync: paused or not, when it last tried and succeeded."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from core.document import Json
from db.models import SyncRun, SyncState
from db.models.work import UNENDED
from db.session import NO_SYNC
from db.types import db_now
from db.upsert import insert_new


@dataclass(frozen=True)
class Snapshot:
    """A sync's row as a gate reads it at ``now``, the store's; ``active``: a run has not ended."""

    paused: bool
    last_success_at: datetime | None
    next_allowed_at: datetime | None
    source_wait_until: datetime | None
    active: bool
    now: datetime


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


def move_bookmark(session: Session, sync: str, bookmark: Json) -> None:
    """Keep how far the source was read. The caller holds the row."""
    session.execute(
        update(SyncState).where(SyncState.sync == sync).values(bookmark=bookmark),
        execution_options=NO_SYNC,
    )


def snapshots(session: Session, syncs: Collection[str]) -> dict[str, Snapshot]:
    """What a gate must know of these syncs, by one statement; one that never ran is missing."""
    active = exists(SyncRun.id).where(SyncRun.sync == SyncState.sync, UNENDED).label("active")
    rows = session.execute(
        select(
            SyncState.sync, SyncState.paused, SyncState.last_success_at,
            SyncState.next_allowed_at, SyncState.source_wait_until, active, db_now().label("now"),
        ).where(SyncState.sync.in_(syncs))
    )  # fmt: skip
    return {row.sync: Snapshot(*row[1:]) for row in rows}
