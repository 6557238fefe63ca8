"""Failed tasks, tried again: a run goes on from a young checkpoint or begins anew, a batch of
sales is worked off after all.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from core.errors import RefusedError
from core.logs import correlation_id, new_correlation_id
from db.access import audit
from db.models import FailedTask, SyncRun
from db.tills import batches
from db.work import failures, runs, states
from syncs.sales.process import TASK as SALES


class Reopened(NamedTuple):
    """What is due again: its task and id, to ring for, and its name for people."""

    task: str
    ident: int
    name: str


def reopen(
    session: Session, failed: FailedTask, *, who: str, why: str | None = None
) -> Reopened | None:
    """Make due what the failed task was to do, and mark the failure ``retried``; None when the
    task has no row of its own and must be sent again as it was.

    Of a sync, every other open failure with these options is marked too: one run answers for all.
    """
    if failed.task == SALES:
        found, answered = _batch(session, failed), [failed]
    elif failed.run_id is not None:
        found, answered = _run(session, failed.run_id), [failed]
        answered += failures.siblings(session, failed)
    else:
        return None
    for item in answered:
        failures.close(session, item, "retried", who=who, why=why, retried_as=found.name)
        subject = f"failed task {item.id}"
        audit.note(session, who=who, what="failure.retry", subject=subject, why=why)
    return found


def _batch(session: Session, failed: FailedTask) -> Reopened:
    batch_id = int(failed.args[0])
    if not batches.reopen(session, batch_id):
        raise RefusedError(f"Batch {batch_id} is not failed any more; nothing to retry.")
    return Reopened(SALES, batch_id, f"batch {batch_id}")


def _run(session: Session, run_id: int) -> Reopened:
    old = runs.find(session, run_id)
    states.locked(session, old.sync)
    if runs.active(session, old.sync) is not None:
        raise RefusedError(f"{old.sync} is being run already; retry when that run has ended.")
    ident = _go_on(session, old)
    return Reopened(f"sync.{old.sync}", ident, f"run {ident}")


def _go_on(session: Session, old: SyncRun) -> int:
    newest = runs.newest(session, old.sync)
    if newest is not None and newest.id == old.id and runs.resumable(session, old):
        runs.reopen(session, old)
        return old.id
    fresh = runs.open_run(
        session,
        old.sync,
        options=old.options,
        trigger="retry",
        correlation_id=correlation_id() or new_correlation_id(),
    )
    if fresh is None:
        raise RefusedError(f"{old.sync} is being run already; retry when that run has ended.")
    return fresh
