"""Failed syncs, run again: the run goes on from a young checkpoint, or a new one begins."""

from __future__ import annotations

from sqlalchemy.orm import Session

from core.errors import RefusedError
from core.logs import correlation_id, new_correlation_id
from db import audit, failures, runs, states
from db.models import FailedTask, SyncRun


def reopen(session: Session, failed: FailedTask, *, who: str, why: str | None = None) -> int:
    """The run that is due now, its id. The failure is marked ``retried``, and with it every other
    open one of this sync with these options: one run answers for all of them.
    """
    if failed.run_id is None:
        raise RefusedError(f"Failed task {failed.id} is no sync; send it again as it was.")
    old = runs.find(session, failed.run_id)
    states.locked(session, old.sync)
    if runs.active(session, old.sync) is not None:
        raise RefusedError(f"{old.sync} is being run already; retry when that run has ended.")
    run_id = _go_on(session, old)
    for item in (failed, *failures.siblings(session, failed)):
        failures.close(session, item, "retried", who=who, why=why, retried_as=f"run {run_id}")
        subject = f"failed task {item.id}"
        audit.note(session, who=who, what="failure.retry", subject=subject, why=why)
    return run_id


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
