"""Runs: one row an execution, from the moment it is due until a person may read how it ended."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.errors import NotFoundError, RefusedError
from db import bulk
from db.models import SyncRun, SyncState
from db.models.work import UNENDED
from db.session import NO_SYNC
from db.types import db_now
from db.upsert import insert_new
from db.work import claims, states

RESUMABLE = timedelta(hours=24)
"""A checkpoint older than this is not gone on from: the source has changed too much since."""


def open_run(
    session: Session,
    sync: str,
    *,
    options: Mapping[str, object],
    trigger: str,
    correlation_id: str | None = None,
    not_before: object = None,
) -> int | None:
    """A due run's id; None when another one is active: inserting the row is the claim."""
    ident: int | None = insert_new(
        session,
        SyncRun,
        {
            "sync": sync,
            "options": dict(options),
            "trigger": trigger,
            "status": "due",
            "correlation_id": correlation_id,
            "not_before": not_before,
        },
    )
    return ident


def find(session: Session, run_id: int) -> SyncRun:
    """The run, read afresh; ``NotFoundError`` when there is none."""
    run = session.get(SyncRun, run_id, populate_existing=True)
    if run is None:
        raise NotFoundError("run", run_id)
    return run


def active(session: Session, sync: str) -> SyncRun | None:
    """The one run of ``sync`` that is due or running."""
    return session.scalars(select(SyncRun).where(SyncRun.sync == sync, UNENDED)).one_or_none()


def newest(session: Session, sync: str) -> SyncRun | None:
    """The run that was opened last."""
    return session.scalars(
        select(SyncRun).where(SyncRun.sync == sync).order_by(SyncRun.id.desc()).limit(1)
    ).one_or_none()


def recent(
    session: Session, *, sync: str | None = None, status: str | None = None,
    before: int | None = None, limit: int = 20,
) -> list[SyncRun]:  # fmt: skip
    """Runs, newest first; ``before`` is the id the last page ended with."""
    query = select(SyncRun).order_by(SyncRun.id.desc()).limit(limit)
    if sync is not None:
        query = query.where(SyncRun.sync == sync)
    if status is not None:
        query = query.where(SyncRun.status == status)
    if before is not None:
        query = query.where(SyncRun.id < before)
    return list(session.scalars(query))


def ended_after(session: Session, run: SyncRun, statuses: Collection[str]) -> list[SyncRun]:
    """Later runs of the same sync that ended in one of these ways, newest first."""
    return list(
        session.scalars(
            select(SyncRun)
            .where(SyncRun.sync == run.sync, SyncRun.id > run.id, SyncRun.status.in_(statuses))
            .order_by(SyncRun.id.desc())
        )
    )


def resumable(session: Session, run: SyncRun) -> bool:
    """Whether the run has a checkpoint that is young enough to go on from."""
    if run.checkpoint is None or run.checkpoint_at is None:
        return False
    return bulk.now(session) - run.checkpoint_at < RESUMABLE


def reopen(session: Session, run: SyncRun) -> None:
    """Let an ended run go on from its checkpoint."""
    session.execute(
        update(SyncRun)
        .where(SyncRun.id == run.id)
        .values(
            failures=0, finished_at=None, error=None, cancel_requested=False, **claims.due_in(0)
        ),
        execution_options=NO_SYNC,
    )


def supersede(session: Session, run: SyncRun, why: str) -> None:
    """Another run takes this one's place."""
    run.status, run.error = "superseded", why
    run.finished_at = bulk.now(session)
    session.flush()


def end(
    session: Session, run_id: int, status: str, *, error: str | None = None, **columns: object
) -> None:
    """Write how the run ended. The caller holds the lease."""
    session.execute(
        update(SyncRun)
        .where(SyncRun.id == run_id)
        .values(status=status, finished_at=db_now(), error=error, **columns),
        execution_options=NO_SYNC,
    )


def supersede_waiting(session: Session, sync: str, run_id: int) -> None:
    """A newer complete run makes an older one's wait for approval pointless."""
    session.execute(
        update(SyncRun)
        .where(SyncRun.sync == sync, SyncRun.status == "needs_approval", SyncRun.id < run_id)
        .values(status="superseded"),
        execution_options=NO_SYNC,
    )


def open_follow_up(session: Session, state: SyncState) -> int | None:
    """The run that was requested while another one was active; None when none was."""
    options, state.follow_up = state.follow_up, None
    session.flush()
    if options is None:
        return None
    return open_run(session, state.sync, options=options, trigger="follow_up")


def request_cancel(session: Session, run_id: int) -> str:
    """Request that a run stops between two pages: its status. A due one is cancelled at once."""
    # A worker may be claiming it this instant; what it then is decides.
    state = states.locked(session, find(session, run_id).sync)
    run = find(session, run_id)
    if run.status == "due":
        run.status, run.finished_at = "cancelled", bulk.now(session)
        session.flush()
        open_follow_up(session, state)
    elif run.status == "running":
        run.cancel_requested = True
    else:
        raise RefusedError(f"Run {run_id} is over already ({run.status}); nothing to cancel.")
    session.flush()
    return run.status


def to_ring(session: Session, *, quiet: float, syncs: Collection[str]) -> list[tuple[int, str]]:
    """Due runs of these ``syncs`` without a worker, (id, sync): see ``claims.to_ring``. Their syncs
    may begin.
    """
    ids = (
        select(SyncRun.id)
        .join(SyncState, SyncState.sync == SyncRun.sync)
        .where(
            claims.is_unanswered(SyncRun, SyncState),
            SyncRun.sync.in_(syncs),
            SyncState.paused.is_(False),
            claims.is_past(SyncState.source_wait_until),
        )
    )
    marked = claims.mark_rung(session, SyncRun, ids, quiet=quiet)
    if not marked:
        return []
    query = select(SyncRun.id, SyncRun.sync).where(SyncRun.id.in_(marked)).order_by(SyncRun.id)
    return [(row.id, row.sync) for row in session.execute(query)]
