"""Figures for ``/metrics``: counts of what the store holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from db import bulk
from db.models import FailedTask, Reject, Sale, SyncRun, SyncState, Terminal
from db.types import db_now
from db.work import overview, rejects
from syncs.sales.process import TASK
from syncs.sales.refused import NAME as REFUSED
from syncs.views import shops

SEEN = timedelta(days=1)
"""A till that was silent for longer is not at work."""


@dataclass(frozen=True)
class Waiting:
    """What waits: refused records, failed tasks and articles that no till can sell for a person,
    due runs for a worker.
    """

    rejects: int
    failures: int
    without_till: int
    runs: int


def runs(session: Session) -> dict[tuple[str, str], int]:
    """How many runs there are of each (sync, status)."""
    rows = session.execute(
        select(SyncRun.sync, SyncRun.status, func.count()).group_by(SyncRun.sync, SyncRun.status)
    )
    return {(sync, status): count for sync, status, count in rows}


def ages(session: Session) -> dict[str, float]:
    """Seconds since the last complete run of each sync that had one began."""
    now = bulk.now(session)
    rows = session.execute(select(SyncState.sync, SyncState.last_success_at))
    return {sync: (now - moment).total_seconds() for sync, moment in rows if moment is not None}


def waiting(session: Session) -> Waiting:
    """What waits for somebody now."""
    due = SyncRun.status == "due"
    now = or_(SyncRun.not_before.is_(None), SyncRun.not_before <= db_now())
    return Waiting(
        rejects=_count(session, Reject.state == "open"),
        failures=_count(session, FailedTask.state == "open"),
        without_till=sum(each.articles for each in shops.unsold(session)),
        runs=_count(session, due & now),
    )


@dataclass(frozen=True)
class Tills:
    """``oldest`` is the age in seconds of the batch that waits longest, 0 when none does;
    ``failed`` batches and ``refused`` sales wait for a person; ``sales`` is the newest sale's id.
    """

    waiting: int
    oldest: float
    failed: int
    refused: int
    sales: int
    terminals: int


def tills(session: Session) -> Tills:
    """What tills sent, without counting what is done: that would grow with every sale."""
    waiting, now = overview.waiting(session), bulk.now(session)
    failed = (FailedTask.state == "open") & (FailedTask.task == TASK)
    return Tills(
        waiting=waiting.batches,
        oldest=max((now - waiting.since).total_seconds(), 0) if waiting.since else 0,
        failed=_count(session, failed),
        refused=rejects.count_open(session, REFUSED),
        sales=session.scalar(select(func.max(Sale.id))) or 0,
        terminals=_count(session, Terminal.active & (Terminal.last_seen_at > now - SEEN)),
    )


def _count(session: Session, which: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).where(which)) or 0
