"""Who may run a sync: a lease on the database's clock, fenced by a token that only grows.

A run is claimed by a conditional UPDATE and every later write of it checks the token, so that a
worker that was frozen past its lease writes nothing when it thaws.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.errors import RetriableError
from db import bulk
from db.models import SyncRun, SyncState
from db.models.runs import ACTIVE
from db.session import NO_SYNC
from db.types import db_now, to_moment
from db.work import states

# Given back is given back, though nobody has taken it since.
_RENEW = (
    "UPDATE sync_states SET lease_until = {later} WHERE sync = ? AND lease_token = ? "
    "AND lease_owner IS NOT NULL RETURNING {now}"
)


class LeaseLost(RetriableError):  # noqa: N818, it says what happened
    """Another worker has the sync now; what this one was about to write is rolled back."""

    code = "LEASE_LOST"


@dataclass(frozen=True, kw_only=True)
class Lease:
    """The right to run ``sync`` as ``run_id`` for ``seconds`` after each renewal."""

    sync: str
    run_id: int
    token: int
    seconds: float
    failures: int
    """Consecutive claims that wrote no page, this one included."""


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

    ``steal`` takes a living lease too (``--resume``: a person says that its holder is dead);
    the token fences the holder should it not be. Nobody passes a source's Retry-After.
    """
    states.ensure(session, run.sync)
    free = [
        SyncState.sync == run.sync,
        SyncState.paused.is_(False),
        _past(SyncState.source_wait_until),
    ]
    due = [SyncRun.id == run.id, SyncRun.status.in_(ACTIVE)]
    if not steal:
        free.append(_past(SyncState.lease_until))
        due.append(_past(SyncRun.not_before))
    with session.begin_nested() as savepoint:
        token = session.execute(
            update(SyncState)
            .where(*free)
            .values(
                lease_token=SyncState.lease_token + 1,
                lease_owner=owner,
                lease_until=db_now(seconds),
                last_attempt_at=db_now(),
            )
            .returning(SyncState.lease_token),
            execution_options=NO_SYNC,
        ).scalar_one_or_none()
        if token is None:
            return None
        failures = session.execute(
            update(SyncRun)
            .where(*due)
            .values(
                status="running",
                started_at=run.started_at or db_now(),
                heartbeat_at=db_now(),
                not_before=None,
                failures=SyncRun.failures + 1,
                task_id=task_id,
            )
            .returning(SyncRun.failures),
            execution_options=NO_SYNC,
        ).scalar_one_or_none()
        if failures is None:
            savepoint.rollback()
            return None
    return Lease(sync=run.sync, run_id=run.id, token=token, seconds=seconds, failures=failures)


def revoke(state: SyncState) -> None:
    """Take the lease away from whoever has it; what they write next is refused."""
    state.lease_token += 1
    state.lease_owner, state.lease_until = None, None


def renew(session: Session, lease: Lease) -> datetime:
    """Prove that the lease is still ours, and push its end away; the database's clock.

    ``LeaseLost`` when it is not. Until the transaction ends nobody else can take it.
    """
    found = bulk.row(session, _RENEW, (lease.seconds, lease.sync, lease.token))
    if found is None:
        raise LeaseLost(f"Another worker runs {lease.sync} now; this one stops.")
    return to_moment(found[0])


def release(session: Session, lease: Lease, **state: Any) -> None:
    """Give the lease back, with whatever else the sync's state should say. ``LeaseLost`` too."""
    renew(session, lease)
    session.execute(
        update(SyncState)
        .where(SyncState.sync == lease.sync)
        .values(lease_owner=None, lease_until=None, **state),
        execution_options=NO_SYNC,
    )


def advance(session: Session, lease: Lease, columns: Mapping[str, Any]) -> bool:
    """A page was written: keep checkpoint and counts in its transaction, which began with
    ``renew``. All of ``columns`` are JSON. Returns whether somebody asked for the run to be
    cancelled.
    """
    kept = "".join(f"{name} = ?, " for name in columns)
    text = (
        f"UPDATE sync_runs SET {kept}heartbeat_at = {{now}}, checkpoint_at = {{now}}, failures = 0 "  # noqa: S608, our own names
        "WHERE id = ? RETURNING cancel_requested"
    )
    found = bulk.row(session, text, (*map(json.dumps, columns.values()), lease.run_id))
    return bool(found[0])


def beat(session: Session, lease: Lease) -> bool:
    """Renew, for a step that writes no page; whether a cancel was asked for."""
    renew(session, lease)
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
    told_by_source: bool = False,
    errors: Sequence[Mapping[str, Any]] = (),
) -> None:
    """The run is due again in ``wait`` seconds: its slice is over, or it must be tried again."""
    told = {"source_wait_until": db_now(wait)} if told_by_source else {}
    release(session, lease, **told)
    values: dict[str, Any] = {"status": "due", "not_before": db_now(wait) if wait else None}
    if errors:
        values["errors"] = list(errors)
    session.execute(
        update(SyncRun).where(SyncRun.id == lease.run_id).values(rung_at=None, **values),
        execution_options=NO_SYNC,
    )


def _past(moment: InstrumentedAttribute[datetime | None]) -> ColumnElement[bool]:
    return or_(moment.is_(None), moment <= db_now())
