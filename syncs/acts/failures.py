"""Failed tasks: retry one, or dismiss those that shall not run again."""

from __future__ import annotations

from collections.abc import Iterable

from db.session import writing
from db.work import failures
from syncs.acts.by import By
from syncs.acts.retry import Reopened, reopen


def retry(failure_id: int, *, by: By) -> Reopened | None:
    """Make due what the failed task was to do: what to ring for. None when the task has no row of
    its own: ``tasks.resend`` sends it again as it was.

    ``RefusedError`` when it is closed, is a message that could not be read, or its sync is running;
    ``NotFoundError`` when there is none.
    """
    with writing() as session:
        failed = failures.find(session, failure_id)
        failures.require_open(failed)
        return reopen(session, failed, who=by.who, why=by.why)


def dismiss(failure_ids: Iterable[int], *, by: By) -> None:
    """Close failures that shall not run again; all of them or, when one cannot be, none.

    ``RefusedError`` when one is closed already, ``NotFoundError`` when there is none.
    """
    with writing() as session:
        for ident in failure_ids:
            failed = failures.find(session, ident)
            failures.close(session, failed, "dismissed", who=by.who, why=by.why)
            by.note(session, "failure.dismiss", f"failed task {ident}")
