"""Tasks that finally failed, with exact arguments, kept until retried or dismissed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session, defer

from core.errors import NotFoundError, RefusedError
from db import bulk
from db.models import FailedTask
from db.session import NO_SYNC
from db.types import db_now
from db.work import causes

UNREAD = "unread"
"""Where a failed task has its name: a message that could not be read, and cannot be sent again."""


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
        fingerprint=causes.fingerprint(task, attempts[-1] if attempts else {}),
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


def require_open(failed: FailedTask) -> None:
    """``RefusedError`` unless the failure still waits for a person."""
    if failed.state != "open":
        raise RefusedError(f"Failed task {failed.id} is {failed.state} already.")


def hold(session: Session, failure_id: int) -> FailedTask:
    """The open failure; nobody else closes it until the transaction ends.

    ``RefusedError`` when it is closed, ``NotFoundError`` when there is none.
    """
    failed = find(session, failure_id)
    session.refresh(failed, with_for_update=True)
    require_open(failed)
    return failed


def hold_open(session: Session, ids: Collection[int]) -> list[FailedTask]:
    """Those of these that are open, in the order of their ids; nobody else closes them until the
    transaction ends.
    """
    query = _among(ids).where(FailedTask.state == "open")
    return list(session.scalars(query.with_for_update()))


def among(session: Session, ids: Collection[int]) -> list[FailedTask]:
    """These failures, in the order of their ids."""
    return list(session.scalars(_among(ids)))


def _among(ids: Collection[int]) -> Select[FailedTask]:
    query = select(FailedTask).where(FailedTask.id.in_(ids)).order_by(FailedTask.id)
    # What was tried is large, and nobody asks for it here.
    return query.options(defer(FailedTask.attempts, raiseload=True))


def close_all(
    session: Session, ids: Collection[int], state: str, *, who: str, why: str | None,
    retried_as: str | None = None,
) -> int:  # fmt: skip
    """Mark those of these that are open ``retried`` or ``dismissed``; how many that were."""
    closed = session.execute(
        update(FailedTask)
        .where(FailedTask.id.in_(ids), FailedTask.state == "open")
        .values(state=state, who=who, why=why, retried_as=retried_as, closed_at=db_now())
        .returning(FailedTask.id),
        execution_options=NO_SYNC,
    )
    return len(closed.all())


def close_rows(session: Session, task: str, rows: Collection[int], *, who: str) -> None:
    """Mark open failures of ``task`` retried whose rows are done after all."""
    query = select(FailedTask.id, FailedTask.args).where(
        FailedTask.state == "open", FailedTask.task == task
    )
    done = [ident for ident, args in session.execute(query) if args and args[0] in rows]
    if done:
        close_all(session, done, "retried", who=who, why=None)


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
