"""Failed tasks, tried again: a run goes on from a young checkpoint or begins anew, a row of any
other kind of work is due again.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from core.advice import Advised
from core.errors import RefusedError
from core.logs import correlation_id, new_correlation_id
from db.access import audit
from db.models import FailedTask, SyncRun
from db.work import claims, failures, runs, states
from syncs.due import kinds
from syncs.due.kinds import Rows


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
    _require_read(failed)
    answered = [failed]
    if failed.run_id is not None:
        again = _run(session, failed.run_id)
        answered += failures.siblings(session, failed)
    elif (kind := kinds.rows_of(failed.task)) is not None:
        again = _row(session, kind, int(failed.args[0]))
    else:
        return None
    for item in answered:
        failures.close(session, item, "retried", who=who, why=why, retried_as=again.name)
        subject = f"failed task {item.id}"
        audit.note(session, who=who, what="failure.retry", subject=subject, why=why)
    return again


def _require_read(failed: FailedTask) -> None:
    if failed.task == failures.UNREAD:
        raise RefusedError(
            Advised(
                f"Failure {failed.id} is a message that could not be read: there is nothing to "
                "send again.",
                "dismiss unread",
                {"failure": failed.id},
            )
        )


def _row(session: Session, kind: Rows, key: int) -> Reopened:
    name = f"{kind.noun} {key}"
    if not claims.reopen(session, kind.table, key):
        raise RefusedError(f"{name.capitalize()} is not failed any more; nothing to retry.")
    return Reopened(kind.task, key, name)


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
