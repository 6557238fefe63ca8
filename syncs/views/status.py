"""How each sync is doing: one word, and the facts behind it. Command, API and page read this."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field
from sqlalchemy.orm import Session

from core.document import Json
from db import bulk
from db.models import SyncRun, SyncState
from db.work import overview, runs, states
from syncs import intervals
from syncs.declaration import AnySync
from syncs.registry import SYNCS
from syncs.running.progress import restore
from syncs.views.shapes import Count, Id, RunStatus, Shape

State = Literal[
    "ok", "late", "retrying", "failing", "partial", "needs_approval", "paused", "running",
    "never_run", "not_configured",
]  # fmt: skip

LATE = 1.5
"""A sync is late when its data is older than so many of its intervals."""

BETWEEN_SLICES = timedelta(seconds=60)
"""A run that gave way to others is taken up again well within this, while a worker runs."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the store knows of one sync. ``failures`` counts consecutive failed runs; ``active``
    is the status of the run that is due or running, ``begun`` whether anybody ever took it up;
    ``complete`` the status of the last run that saw everything; ``ever`` whether any run began;
    ``configured`` whether its source is.
    """

    paused: bool = False
    failures: int = 0
    last_success_at: datetime | None = None
    lease_until: datetime | None = None
    active: str | None = None
    begun: bool = False
    not_before: datetime | None = None
    heartbeat_at: datetime | None = None
    complete: str | None = None
    needs_approval: bool = False
    ever: bool = False
    configured: bool = True


class LastRun(Shape):
    """The newest run."""

    id: Id
    status: RunStatus
    trigger: str
    started_at: datetime | None
    finished_at: datetime | None
    error: str | None
    counts: dict[str, Count]
    tried_since: datetime | None = Field(
        description="When the first of the tries failed after which it is due again."
    )
    expected: Count | None = Field(description="How many records the source says there are.")


class SyncStatus(Shape):
    """One declared sync; ``age`` and ``interval`` in seconds, ``approve`` is a run that waits.

    ``error`` is the last run's; while a sync that fails has a run on its way, the one's before.
    """

    sync: str
    summary: str
    state: State
    last_success_at: datetime | None
    age: float | None
    interval: float
    next_allowed_at: datetime | None
    last_run: LastRun | None
    error: str | None
    approve: int | None
    open_rejects: int
    open_failures: int


def state_of(facts: Facts, *, now: datetime, interval: float) -> State:
    """The one word; what a person must act on comes before what passes by itself."""
    old = _older(facts.last_success_at, now, LATE * interval)
    words: tuple[tuple[State, bool], ...] = (
        ("not_configured", not facts.configured),
        ("paused", facts.paused),
        ("running", _running(facts, now)),
        ("needs_approval", facts.needs_approval),
        ("failing", facts.failures > 0),
        ("never_run", not facts.ever),
        ("late", old),
        ("retrying", facts.begun),
        ("late", facts.last_success_at is None),
        ("partial", facts.complete == "partial"),
    )
    return next((word for word, holds in words if holds), "ok")


def every(session: Session) -> list[SyncStatus]:
    """All declared syncs, in the order of their declaration."""
    now = bulk.now(session)
    rejects, failures = overview.open_rejects(session), overview.open_failures(session)
    return [
        one(
            session, sync, now=now, open_rejects=rejects.get(sync.name, 0),
            open_failures=failures.get(sync.task, 0),
        )
        for sync in SYNCS.values()
    ]  # fmt: skip


def one(
    session: Session, sync: AnySync, *, now: datetime, open_rejects: int, open_failures: int
) -> SyncStatus:
    """How ``sync`` is doing at ``now``, the database's."""
    state, interval = states.find(session, sync.name), intervals.interval(sync.name)
    newest, approve = (
        runs.newest(session, sync.name),
        overview.waits_for_approval(session, sync.name),
    )
    facts = _facts(session, sync, state, newest, needs_approval=approve is not None)
    success, word = facts.last_success_at, state_of(facts, now=now, interval=interval)
    return SyncStatus(
        sync=sync.name,
        summary=sync.summary,
        state=word,
        last_success_at=success,
        age=(now - success).total_seconds() if success is not None else None,
        interval=interval,
        next_allowed_at=_next_allowed(state, newest, now),
        last_run=_last(newest) if newest is not None else None,
        error=_error(session, sync, newest, fails=word == "failing"),
        approve=approve,
        open_rejects=open_rejects,
        open_failures=open_failures,
    )


def _facts(
    session: Session, sync: AnySync, state: SyncState | None, newest: SyncRun | None, *,
    needs_approval: bool,
) -> Facts:  # fmt: skip
    values: Json = {"configured": sync.source.is_configured}
    if state is not None:
        success = state.last_success_at
        complete = overview.began_at(session, sync.name, success) if success is not None else None
        values |= {
            "paused": state.paused,
            "failures": state.failures,
            "last_success_at": success,
            "lease_until": state.lease_until,
            "complete": complete.status if complete is not None else None,
            "ever": state.last_attempt_at is not None,
        }
    active = runs.active(session, sync.name) if newest is not None else None
    if active is not None:
        values |= {
            "active": active.status,
            "begun": active.started_at is not None,
            "not_before": active.not_before,
            "heartbeat_at": active.heartbeat_at,
        }
    return Facts(needs_approval=needs_approval, **values)


def _error(session: Session, sync: AnySync, newest: SyncRun | None, *, fails: bool) -> str | None:
    error = newest.error if newest is not None else None
    if newest is not None and _is_tried_again(newest):
        return str(newest.errors[-1]["message"])
    return overview.latest_error(session, sync.name) if fails and error is None else error


def _running(facts: Facts, now: datetime) -> bool:
    if facts.active == "running":
        return facts.lease_until is not None and facts.lease_until > now
    if facts.active is None or not facts.begun or facts.not_before is not None:
        return False
    return facts.heartbeat_at is not None and now - facts.heartbeat_at < BETWEEN_SLICES


def _older(moment: datetime | None, now: datetime, seconds: float) -> bool:
    return moment is not None and (now - moment).total_seconds() > seconds


def _next_allowed(
    state: SyncState | None, newest: SyncRun | None, now: datetime
) -> datetime | None:
    moments = [state.next_allowed_at, state.source_wait_until] if state is not None else []
    if newest is not None and newest.status == "due":
        moments.append(newest.not_before)
    return max((moment for moment in moments if moment is not None and moment > now), default=None)


def _is_tried_again(run: SyncRun) -> bool:
    return run.status == "due" and run.failures > 0 and bool(run.errors)


def _last(run: SyncRun) -> LastRun:
    progress, since = restore(run), None
    if _is_tried_again(run):
        since = datetime.fromisoformat(run.errors[-run.failures :][0]["at"])
    counts = progress.statistics()
    return LastRun(
        id=run.id,
        status=run.status,
        trigger=run.trigger,
        started_at=run.started_at,
        finished_at=run.finished_at,
        error=run.error,
        counts={name: value for name, value in counts.items() if isinstance(value, int)},
        expected=progress.last,
        tried_since=since,
    )
