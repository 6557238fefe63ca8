"""Failed tasks as operators see them: a line in a list, or all of one."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field
from sqlalchemy.orm import Session

from core.document import Json, JsonList
from db.models import FailedTask
from db.work import failures
from syncs.sales.process import TASK as SALES
from syncs.views.shapes import Attempts, Count, Id, Shape, Text

FailureState = Literal["open", "retried", "dismissed"]


class FailureLine(Shape):
    """A failed task in a list."""

    id: Id
    task: str
    run_id: Id | None
    batch_id: Id | None = Field(description="Of a batch of sales.")
    failed_at: datetime
    tries: Count
    error: Text
    fingerprint: str = Field(description="The same for failures of one cause.")
    state: FailureState


class Failure(FailureLine):
    """All of a failed task."""

    task_id: Text
    args: JsonList
    kwargs: Json
    queue: str
    retried_as: Text
    who: Text
    why: Text
    closed_at: datetime | None
    attempts: Attempts


def recent(
    session: Session, *, state: str | None = "open", task: str | None = None,
    fingerprint: str | None = None, before: int | None = None, limit: int = 50,
) -> list[FailureLine]:  # fmt: skip
    """Failures, newest first; ``before`` is the id the last page ended with."""
    rows = failures.recent(
        session, state=state, task=task, fingerprint=fingerprint, before=before, limit=limit
    )
    return [FailureLine(**_line(failed)) for failed in rows]


def find(session: Session, failure_id: int) -> Failure:
    """All of the failure: its exact arguments, and every attempt with its traceback;
    ``NotFoundError`` when there is none.
    """
    failed = failures.find(session, failure_id)
    return Failure(
        **_line(failed),
        task_id=failed.task_id,
        args=failed.args,
        kwargs=failed.kwargs,
        queue=failed.queue,
        retried_as=failed.retried_as,
        who=failed.who,
        why=failed.why,
        closed_at=failed.closed_at,
        attempts=failed.attempts,
    )


def _line(failed: FailedTask) -> Json:
    last = failed.attempts[-1] if failed.attempts else {}
    return {
        "id": failed.id,
        "task": failed.task,
        "run_id": failed.run_id,
        "batch_id": failed.args[0] if failed.task == SALES else None,
        "failed_at": failed.failed_at,
        "tries": len(failed.attempts),
        "error": last.get("message"),
        "fingerprint": failed.fingerprint,
        "state": failed.state,
    }
