"""The gate: whether a sync may start now. One function for all callers; its claim is a row.

Freshness counts from the start of the last successful run. Our own backoff after a failure can be
forced; a source's Retry-After cannot.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core.logs import correlation_id, new_correlation_id
from db import bulk
from db.models import SyncRun, SyncState
from db.session import writing
from db.work import runs, states
from db.work.states import Snapshot
from syncs import intervals
from syncs.declaration import AnySync
from syncs.options import Options

TOLERANCE = 0.05
MOST_TOLERANCE = 300.0


@dataclass(frozen=True)
class Enqueued:
    """A run is due; ``run_id`` names it."""

    run_id: int
    status = "enqueued"


@dataclass(frozen=True)
class Fresh:
    """The data is young enough; ``since`` is the start of the last successful run."""

    since: datetime
    status = "fresh"


@dataclass(frozen=True)
class Running:
    """A run is on its way already (due or running), and what the request changed.

    ``released``: it backed off after a failure, and need not any more. ``queued``: one more run
    follows it that would not have, or that one will see more.
    """

    run_id: int
    released: bool = False
    queued: bool = False
    status = "running"


@dataclass(frozen=True)
class Paused:
    """A person paused this sync."""

    status = "paused"


@dataclass(frozen=True)
class Waiting:
    """Not before this moment: the source asked for it, or we back off after a failure."""

    not_before: datetime
    status = "waiting"


@dataclass(frozen=True)
class NotConfigured:
    """The sync's source is not configured: no run is opened."""

    status = "not_configured"


Answer = Enqueued | Fresh | Running | Paused | Waiting | NotConfigured


def request(
    sync: AnySync, *, trigger: str, force: bool = False, options: Options | None = None
) -> Answer:
    """Ask for a run of ``sync``; with ``force`` freshness and our own backoff do not count.

    Forced while a run is on its way, one more follows it, not two.
    """
    with writing() as session:
        return decide(session, sync, trigger=trigger, force=force, options=options)


def decide(
    session: Session,
    sync: AnySync,
    *,
    trigger: str,
    force: bool = False,
    slot: bool = False,
    options: Options | None = None,
) -> Answer:
    """``request`` within a transaction; a due ``slot`` is never refused as fresh."""
    if not sync.source.is_configured:
        return NotConfigured()
    state = states.locked(session, sync.name)
    if state.paused:
        return Paused()
    now, active = bulk.now(session), runs.active(session, sync.name)
    if active is not None:
        answer = _beside(sync, state, active, options or {}, now=now, force=force, slot=slot)
        session.flush()
        return answer
    refusal = _too_early(sync, state, now, pressing=force or slot)
    if refusal is not None:
        return refusal
    return open_run(session, sync, trigger, options or {})


def stale(session: Session, syncs: Collection[AnySync]) -> list[AnySync]:
    """Which of these ``request`` would open a run of, by one look that writes nothing."""
    known = states.snapshots(session, [sync.name for sync in syncs])
    return [sync for sync in syncs if _is_stale(sync, known.get(sync.name))]


def _is_stale(sync: AnySync, snapshot: Snapshot | None) -> bool:
    if not sync.source.is_configured:
        return False
    if snapshot is None:
        return True
    if snapshot.paused or snapshot.active:
        return False
    return _too_early(sync, snapshot, snapshot.now, pressing=False) is None


def _beside(
    sync: AnySync,
    state: SyncState,
    active: SyncRun,
    options: Options,
    *,
    now: datetime,
    force: bool,
    slot: bool,
) -> Waiting | Running:
    """The answer while ``active`` is on its way, and what is done about it.

    A pressing request wants the data as it is from now on: a run that has read nothing yet will
    do, any other is followed by one more. While its source wants a pause nothing is changed.
    """
    wait = state.source_wait_until
    if active.status == "due" and wait is not None and wait > now:
        return Waiting(wait)
    if not (force or slot):
        return Running(active.id)
    backs_off = active.not_before is not None and active.not_before > now
    if force and backs_off:
        active.not_before = None
    unread = active.status == "due" and active.checkpoint is None
    queued = not (unread and active.options == options) and follow(sync, state, options)
    return Running(active.id, released=force and backs_off, queued=queued)


def follow(sync: AnySync, state: SyncState, options: Options) -> bool:
    """One more run after this one, over all that was asked for; whether that is news.

    There is one only: asked for two parts, it goes over everything.
    """
    asked = state.follow_up
    if asked is not None and (asked == options or not sync.filtered(asked)):
        return False
    state.follow_up = dict(options) if asked is None else {}
    return True


def _too_early(
    sync: AnySync, state: SyncState | Snapshot, now: datetime, *, pressing: bool
) -> Waiting | Fresh | None:
    if state.source_wait_until is not None and state.source_wait_until > now:
        return Waiting(state.source_wait_until)
    if pressing:
        return None
    if state.next_allowed_at is not None and state.next_allowed_at > now:
        return Waiting(state.next_allowed_at)
    if state.last_success_at is None:
        return None
    seconds = intervals.interval(sync.name)
    fresh_for = timedelta(seconds=seconds - min(seconds * TOLERANCE, MOST_TOLERANCE))
    return Fresh(state.last_success_at) if now - state.last_success_at < fresh_for else None


def open_run(
    session: Session, sync: AnySync, trigger: str, options: Mapping[str, int | str]
) -> Answer:
    """A due run of its own; ``Running`` when somebody else's was opened meanwhile."""
    run_id = runs.open_run(
        session,
        sync.name,
        options=options,
        trigger=trigger,
        correlation_id=correlation_id() or new_correlation_id(),
    )
    if run_id is not None:
        return Enqueued(run_id)
    active = runs.active(session, sync.name)
    return Running(active.id if active is not None else 0)
