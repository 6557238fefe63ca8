"""A failed task sent once more, with its exact arguments."""

from __future__ import annotations

from uuid import uuid4

from core.errors import RetriableError
from db.session import reading, writing
from db.work import failures
from syncs.acts.by import By
from tasks.doorbell import send


def resend(failure_id: int, *, by: By) -> str:
    """The new task's id; the failure is marked ``retried`` once the message went out.

    ``RefusedError`` when it is closed, ``RetriableError`` when the broker is away: it stays open.
    """
    with reading() as session:
        failed = failures.find(session, failure_id)
        failures.require_open(failed)
        task, args, kwargs = failed.task, list(failed.args), dict(failed.kwargs)
    # Before the mark and not after: a message too many changes nothing, a missing one would.
    task_id = str(uuid4())
    if not send(task, args=args, kwargs=kwargs, task_id=task_id):
        raise RetriableError(
            f"The broker does not answer; failed task {failure_id} stays open, retry it later.",
            code="BROKER_AWAY",
        )
    with writing() as session:
        failed = failures.find(session, failure_id)
        failures.close(session, failed, "retried", who=by.who, why=by.why, retried_as=task_id)
        by.note(session, "failure.retry", f"failed task {failure_id}")
    return task_id
