"""Which run is executed: a stopped one that goes on from its checkpoint, or a new one."""

from __future__ import annotations

from sqlalchemy.orm import Session

from db import bulk
from db.models import SyncRun, SyncState
from db.models.work import ACTIVE
from db.session import writing
from db.work import leases, runs, states
from syncs import gate
from syncs.declaration import AnySync
from syncs.options import Options


def take(sync: AnySync, options: Options, *, resume: bool = False) -> gate.Answer:
    """The run that a person executes in this process; a pause, a source's Retry-After and,
    without ``resume``, a living lease refuse it.

    It goes on from a killed run's checkpoint when that run's lease has expired, or at once with
    ``resume``, which also goes on from the newest failed or cancelled run.
    """
    if not sync.source.is_configured:
        return gate.NotConfigured()
    with writing() as session:
        state = states.locked(session, sync.name)
        if state.paused:
            return gate.Paused()
        wait = state.source_wait_until
        if wait is not None and wait > bulk.now(session):
            return gate.Waiting(wait)
        active = runs.active(session, sync.name)
        if active is not None:
            adopted = _adopt(session, sync, state, active, options, resume=resume)
            if adopted is not None:
                return adopted
        elif resume and (stopped := _stopped(session, sync, options)) is not None:
            runs.reopen(session, stopped)
            return gate.Enqueued(stopped.id)
        return gate.open_run(session, sync, "cli", options)


def current(session: Session, sync: AnySync, run_id: int) -> SyncRun:
    """The run to execute: itself, or a fresh one instead when its checkpoint is too old or of
    another walk.
    """
    run = runs.find(session, run_id)
    if run.status not in ACTIVE or _young(session, sync, run):
        return run
    state = states.locked(session, run.sync)
    if state.lease_until is not None and state.lease_until > bulk.now(session):
        return run
    why = "older than a day" if not runs.resumable(session, run) else "of another walk"
    runs.supersede(session, run, f"Its checkpoint was {why}; begun anew.")
    fresh = runs.open_run(
        session, run.sync, options=run.options, trigger=run.trigger,
        correlation_id=run.correlation_id,
    )  # fmt: skip
    return runs.find(session, fresh) if fresh is not None else run


def _adopt(
    session: Session,
    sync: AnySync,
    state: SyncState,
    active: SyncRun,
    options: Options,
    *,
    resume: bool,
) -> gate.Answer | None:
    """The run that was opened by others, as a person's own; None: it gave way to a new one."""
    living = state.lease_until is not None and state.lease_until > bulk.now(session)
    if active.status == "running" and living and not resume:
        return gate.Running(active.id)
    if active.options == options and _young(session, sync, active):
        active.not_before = None
        session.flush()
        return gate.Enqueued(active.id)
    if active.options != options:
        # Somebody waits for that other run: it follows this one.
        gate.follow(sync, state, active.options)
    runs.supersede(session, active, "Another run was started by hand.")
    leases.revoke(state)
    session.flush()
    return None


def _young(session: Session, sync: AnySync, run: SyncRun) -> bool:
    return run.checkpoint is None or _resumable(session, sync, run)


def _resumable(session: Session, sync: AnySync, run: SyncRun) -> bool:
    """Whether the run's checkpoint is young, and of the same walk."""
    walk = (run.checkpoint or {}).get("walk")
    return runs.resumable(session, run) and walk == sync.walk


def _stopped(session: Session, sync: AnySync, options: Options) -> SyncRun | None:
    """The newest run, if it failed or was cancelled on its way and may go on."""
    run = runs.newest(session, sync.name)
    if run is None or run.status not in ("failed", "cancelled") or run.options != options:
        return None
    return run if _resumable(session, sync, run) else None
