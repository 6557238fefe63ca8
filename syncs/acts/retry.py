"""Failed tasks, tried again: a run goes on from a young checkpoint or begins anew, a row of any
other kind of work is due again.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from sqlalchemy.orm import Session

from core.advice import Advised
from core.errors import RefusedError
from core.logs import correlation_id, new_correlation_id
from db.models import FailedTask, SyncRun
from db.work import claims, failures, runs, states
from syncs.due import kinds
from syncs.due.kinds import Rows


class Reopened(NamedTuple):
    """What is due again: its task and id, to ring for, and its name for people, as in "run 12"."""

    task: str
    ident: int
    name: str


def has_row(failed: FailedTask) -> bool:
    """Whether the failed task was to do a row of ours; any other is sent again as it was."""
    return failed.run_id is not None or kinds.rows_of(failed.task) is not None


def reopen(session: Session, failed: FailedTask) -> Reopened:
    """Make due what the failed task was to do. The caller holds the failure and closes it.

    A run that a retry has made due answers for other failures of its sync with its options.
    ``RefusedError`` when the sync is running, when the row is not failed any more, or is gone.
    """
    if failed.run_id is not None:
        return _run(session, failed.run_id)
    kind = kinds.rows_of(failed.task)
    assert kind is not None
    return _row(session, kind, failed)


def require_read(failed: FailedTask) -> None:
    """``RefusedError`` for a message that could not be read: nobody knows what it asks for."""
    if failed.task == failures.UNREAD:
        raise RefusedError(
            Advised(
                f"Failure {failed.id} is a message that could not be read: there is nothing to "
                "send again.",
                "dismiss unread",
                {"failure": failed.id},
            )
        )


def work_of(session: Session, failed: FailedTask) -> str:
    """The same for failures of one piece of work; ``NotFoundError`` when its run is gone."""
    if failed.run_id is None:
        return f"{failed.task} {failed.args}"
    run = runs.find(session, failed.run_id)
    return f"sync.{run.sync} {json.dumps(run.options, sort_keys=True)}"


def _row(session: Session, kind: Rows, failed: FailedTask) -> Reopened:
    key = failed.args[0] if failed.args else None
    if not isinstance(key, int):
        raise RefusedError(f"Failed task {failed.id} names no {kind.noun} in its arguments.")
    name = f"{kind.noun} {key}"
    if not claims.reopen(session, kind.table, key):
        raise RefusedError(f"{name.capitalize()} is not failed any more; nothing to retry.")
    return Reopened(kind.task, key, name)


def _run(session: Session, run_id: int) -> Reopened:
    old = runs.find(session, run_id)
    states.locked(session, old.sync)
    active = runs.active(session, old.sync)
    if active is None:
        ident = _go_on(session, old)
    elif _answers(active, old):
        ident = active.id
    else:
        raise _running(old)
    return Reopened(f"sync.{old.sync}", ident, f"run {ident}")


def _answers(active: SyncRun, old: SyncRun) -> bool:
    """Whether the run on its way was made due by a retry, to do what ``old`` was to do."""
    return active.options == old.options and (active.id == old.id or active.trigger == "retry")


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
        raise _running(old)
    return fresh


def _running(old: SyncRun) -> RefusedError:
    return RefusedError(f"{old.sync} is being run already; retry when that run has ended.")
