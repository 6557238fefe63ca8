"""Tasks that finally failed, with exact arguments, kept until retried or dismissed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import crypto
from core.errors import NotFoundError, RefusedError
from db import bulk
from db.models import FailedTask

UNREAD = "unread"
"""Where a failed task has its name: a message that could not be read, and cannot be sent again."""


def fingerprint(task: str, error: Mapping[str, object]) -> str:
    """One value for failures of one cause: the task, the error's type and its code."""
    return crypto.digest(f"{task}|{error.get('type')}|{error.get('code')}")[:16]


def record(
    session: Session,
    *,
    task: str,
    task_id: str | None,
    args: Sequence[object],
    kwargs: Mapping[str, object],
    queue: str,
    attempts: Sequence[Mapping[str, object]],
    run_id: int | None = None,
) -> int:
    """Keep a failure; its id. ``attempts``: each {at, type, code, message, traceback, task_id}."""
    failed = FailedTask(
        task=task,
        task_id=task_id,
        args=list(args),
        kwargs=dict(kwargs),
        queue=queue,
        run_id=run_id,
        attempts=list(attempts),
        fingerprint=fingerprint(task, attempts[-1] if attempts else {}),
    )
    session.add(failed)
    session.flush()
    return failed.id


def find(session: Session, failure_id: int) -> FailedTask:
    """The failure; ``NotFoundError`` when there is none."""
    failed = session.get(FailedTask, failure_id)
    if failed is None:
        raise NotFoundError("failed task", failure_id)
    return failed


def recent(
    session: Session, *, state: str | None = "open", task: str | None = None,
    fingerprint: str | None = None, before: int | None = None, limit: int = 50,
) -> list[FailedTask]:  # fmt: skip
    """Failures, newest first; ``before`` is the id the last page ended with."""
    query = select(FailedTask).order_by(FailedTask.id.desc()).limit(limit)
    filters = (
        (FailedTask.state, state),
        (FailedTask.task, task),
        (FailedTask.fingerprint, fingerprint),
    )
    for column, value in filters:
        if value is not None:
            query = query.where(column == value)
    if before is not None:
        query = query.where(FailedTask.id < before)
    return list(session.scalars(query))


def open_ids(
    session: Session, *, task: str | None = None, fingerprint: str | None = None
) -> list[int]:
    """The ids of every open failure that matches and can be tried again, newest first."""
    query = (
        select(FailedTask.id)
        .where(FailedTask.state == "open", FailedTask.task != UNREAD)
        .order_by(FailedTask.id.desc())
    )
    for column, value in ((FailedTask.task, task), (FailedTask.fingerprint, fingerprint)):
        if value is not None:
            query = query.where(column == value)
    return list(session.scalars(query))


def require_open(failed: FailedTask) -> None:
    """``RefusedError`` unless the failure still waits for a person."""
    if failed.state != "open":
        raise RefusedError(f"Failed task {failed.id} is {failed.state} already.")


def siblings(session: Session, failed: FailedTask) -> list[FailedTask]:
    """Other open failures of the same task with the same options."""
    query = select(FailedTask).where(
        FailedTask.state == "open", FailedTask.task == failed.task, FailedTask.id != failed.id
    )
    return [other for other in session.scalars(query) if other.kwargs == failed.kwargs]


def close(
    session: Session, failed: FailedTask, state: str, *, who: str, why: str | None,
    retried_as: str | None = None,
) -> None:  # fmt: skip
    """Mark an open failure ``retried`` or ``dismissed``; ``RefusedError`` when it is closed."""
    # Of two people who close it at once the second is refused.
    session.refresh(failed, with_for_update=True)
    require_open(failed)
    failed.state, failed.who, failed.why = state, who, why
    failed.retried_as, failed.closed_at = retried_as, bulk.now(session)
    session.flush()
