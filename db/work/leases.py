"""Who may run a sync: the one row a sync is claimed with the run, and its token fences the run.

Two runs of one sync must not write its records at once, so the lease lies with the sync.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.orm import Session

from db import bulk
from db.models import SyncRun, SyncState
from db.models.work import ACTIVE
from db.session import NO_SYNC
from db.types import db_now
from db.work import claims, states
from db.work.claims import Errors


@dataclass(frozen=True, kw_only=True)
class Lease(claims.Lease):
    """The right to run a sync as ``run_id`` for ``seconds`` after each renewal."""

    table = SyncState
    key: str
    run_id: int
    failures: int
    """Consecutive claims that wrote no page, this one included."""

    @property
    def sync(self) -> str:
        """The sync's name."""
        return self.key


def claim(
    session: Session,
    run: SyncRun,
    *,
    owner: str,
    seconds: float,
    task_id: str | None = None,
    steal: bool = False,
) -> Lease | None:
    """The lease for ``run``, or None: it is over, not due yet, paused, or somebody has it.

    ``steal`` takes a living lease too (``--resume``: a person declares its holder dead);
    the token fences the holder should it not be. Nobody passes a source's Retry-After.
    """
    states.ensure(session, run.sync)
    with session.begin_nested() as savepoint:
        token = _take(session, run.sync, owner=owner, seconds=seconds, steal=steal)
        failures = None if token is None else _begin(session, run, task_id, steal=steal)
        if token is None or failures is None:
            savepoint.rollback()
            return None
    return Lease(key=run.sync, run_id=run.id, token=token, seconds=seconds, failures=failures)


def revoke(state: SyncState) -> None:
    """Take the lease away from whoever has it; what they write next is refused."""
    state.lease_token += 1
    state.lease_owner, state.lease_until = None, None


def release(session: Session, lease: Lease, **state: object) -> None:
    """Give the lease back, and write these columns of the sync's state. ``LeaseLost`` too."""
    claims.renew(session, lease)
    session.execute(
        update(SyncState)
        .where(SyncState.sync == lease.sync)
        .values(lease_owner=None, lease_until=None, **state),
        execution_options=NO_SYNC,
    )


def advance(session: Session, lease: Lease, columns: Mapping[str, object]) -> bool:
    """A page was written: keep checkpoint and counts in its transaction, which began with
    ``renew``. All of ``columns`` are JSON. Returns whether a cancel was requested.
    """
    kept = "".join(f"{name} = ?, " for name in columns)
    text = (
        f"UPDATE sync_runs SET {kept}heartbeat_at = {{now}}, checkpoint_at = {{now}}, failures = 0 "  # noqa: S608, our own names
        "WHERE id = ? RETURNING cancel_requested"
    )
    row = bulk.row(session, text, (*map(json.dumps, columns.values()), lease.run_id))
    return bool(row[0])


def beat(session: Session, lease: Lease) -> bool:
    """Renew, for a step that writes no page; whether a cancel was requested."""
    claims.renew(session, lease)
    return session.execute(
        update(SyncRun)
        .where(SyncRun.id == lease.run_id)
        .values(heartbeat_at=db_now())
        .returning(SyncRun.cancel_requested),
        execution_options=NO_SYNC,
    ).scalar_one()


def put_back(
    session: Session,
    lease: Lease,
    *,
    wait: float = 0,
    source_asked: bool = False,
    errors: Errors = (),
) -> None:
    """The run is due again in ``wait`` seconds: its slice is over, or it must be tried again.

    ``source_asked``: no other run of the sync may begin before either.
    """
    release(session, lease, **({"source_wait_until": db_now(wait)} if source_asked else {}))
    values = claims.due_in(wait) | ({"errors": errors} if errors else {})
    session.execute(
        update(SyncRun).where(SyncRun.id == lease.run_id).values(values),
        execution_options=NO_SYNC,
    )


def _take(session: Session, sync: str, *, owner: str, seconds: float, steal: bool) -> int | None:
    free = [
        SyncState.sync == sync,
        SyncState.paused.is_(False),
        claims.is_past(SyncState.source_wait_until),
    ]
    if not steal:
        free.append(claims.is_past(SyncState.lease_until))
    values = claims.taken(SyncState, seconds)
    return session.execute(
        update(SyncState)
        .where(*free)
        .values(lease_owner=owner, last_attempt_at=db_now(), **values)
        .returning(SyncState.lease_token),
        execution_options=NO_SYNC,
    ).scalar_one_or_none()


def _begin(session: Session, run: SyncRun, task_id: str | None, *, steal: bool) -> int | None:
    due = SyncRun.status.in_(ACTIVE) if steal else claims.is_due(SyncRun)
    values = claims.begun(SyncRun, task_id)
    return session.execute(
        update(SyncRun)
        .where(SyncRun.id == run.id, due)
        .values(started_at=run.started_at or db_now(), heartbeat_at=db_now(), **values)
        .returning(SyncRun.failures),
        execution_options=NO_SYNC,
    ).scalar_one_or_none()
