"""Failed tasks: retry one, or dismiss those that shall not run again."""

from __future__ import annotations

from collections.abc import Iterable

from db.session import writing
from db.work import failures
from syncs.acts.by import By
from syncs.acts.retry import Reopened, has_row, reopen, require_read


def retry(failure_id: int, *, by: By) -> Reopened | None:
    """Make due what the failed task was to do: what to ring for. None when the task has no row of
    its own: ``tasks.resend`` sends it again as it was.

    No other failure is touched, though the same run would answer for it too.
    ``RefusedError`` when it is closed, is a message that could not be read, or its sync is running;
    ``NotFoundError`` when there is none.
    """
    with writing() as session:
        failed = failures.hold(session, failure_id)
        require_read(failed)
        if not has_row(failed):
            return None
        again = reopen(session, failed)
        failures.close(session, failed, "retried", who=by.who, why=by.why, retried_as=again.name)
        by.note(session, "failure.retry", f"failed task {failure_id}")
        return again


def dismiss(failure_ids: Iterable[int], *, by: By) -> None:
    """Close failures that shall not run again; all of them or, when one cannot be, none.

    ``RefusedError`` when one is closed already, ``NotFoundError`` when there is none.
    """
    with writing() as session:
        # In one order: whoever else closes them takes them so too.
        for ident in sorted(set(failure_ids)):
            failed = failures.find(session, ident)
            failures.close(session, failed, "dismissed", who=by.who, why=by.why)
            by.note(session, "failure.dismiss", f"failed task {ident}")
