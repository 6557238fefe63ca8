"""Retrying failed tasks: one, or all that match a filter with a canary before them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field

from api.bell import BELL
from api.ops.commands import Order, by
from api.web.body import Body
from api.web.fields import Name
from api.web.problems import Problem
from core.errors import RefusedError, RetriableError
from db import bulk
from db.session import reading
from db.work import failures
from syncs.acts import canaries
from syncs.acts import failures as acts
from syncs.acts.by import By
from syncs.acts.canaries import CanaryRunning, Chosen
from syncs.sales.process import TASK as SALES
from syncs.views.shapes import Count, Id, Shape, Text
from tasks.resend import resend

MOST = 100
"""Failures one request retries: it must end while its client still listens."""


class FailureFilter(Body):
    """Which open failures; without anything all of them."""

    task: Name | None = None
    fingerprint: Name | None = None


class RetryOrder(Order):
    """Retry what ``filter`` matches, ``canary`` of them first, or only count them."""

    filter: FailureFilter
    canary: int | None = Field(default=None, ge=1, le=MOST)
    dry_run: bool = False


class Matching(Shape):
    """How many a dry run would have touched."""

    dry_run: Literal[True]
    matching: Count


class Retried(Shape):
    """What one failure was retried as."""

    id: Id
    run_id: Id | None
    batch_id: Id | None
    task_id: Text


class StillRefused(Shape):
    """One that could not be done, and why."""

    id: Id
    code: str
    detail: str


class RetriedMany(Shape):
    """What was retried, what could not be, and how many are open still."""

    canary: int | None
    matching: Count
    retried: list[Retried]
    refused: list[StillRefused]
    left: Count


def matching(which: FailureFilter) -> list[int]:
    """The ids of the open failures that match, newest first."""
    with reading() as session:
        return failures.open_ids(session, task=which.task, fingerprint=which.fingerprint)


def require_good_canary(which: FailureFilter) -> None:
    """``Problem`` 409 while the last canary of this filter runs; see ``canaries.require_good``."""
    try:
        canaries.require_good(_chosen(which))
    except CanaryRunning as error:
        wait = {"Retry-After": str(error.retry_after)}
        raise Problem(409, error.code, str(error), headers=wait) from error


def retry(failure_id: int, by: By) -> Retried:
    """What the failure was retried as: a due run of its sync, a due batch of sales, or its task,
    sent again with its exact arguments.

    ``RefusedError`` when it is closed or its sync is running, ``RetriableError`` without a broker.
    """
    again = acts.retry(failure_id, by=by)
    if again is not None:
        BELL.ring(again.task, again.ident)
        batch = again.task == SALES
        return Retried(
            id=failure_id,
            run_id=None if batch else again.ident,
            batch_id=again.ident if batch else None,
            task_id=None,
        )
    if not BELL.answers():
        raise RetriableError("The broker does not answer; it stays open.", code="BROKER_AWAY")
    task_id = resend(failure_id, by=by)
    return Retried(id=failure_id, run_id=None, batch_id=None, task_id=task_id)


def retry_many(order: RetryOrder) -> RetriedMany:
    """What was retried and as what, what was refused and why, and how many are still open."""
    with reading() as session:
        began = bulk.now(session)
    chosen = matching(order.filter)
    retried, refused = _each(chosen[: order.canary or MOST], by(order))
    if order.canary is not None and retried:
        _remember(order, retried, began=began)
    return RetriedMany(
        canary=order.canary,
        matching=len(chosen),
        retried=retried,
        refused=refused,
        left=len(matching(order.filter)),
    )


def _each(idents: Sequence[int], by: By) -> tuple[list[Retried], list[StillRefused]]:
    retried: list[Retried] = []
    refused: list[StillRefused] = []
    for ident in idents:
        if _served(ident):
            continue
        try:
            retried.append(retry(ident, by))
        except (RefusedError, RetriableError) as error:
            refused.append(StillRefused(id=ident, code=error.code, detail=str(error)))
    return retried, refused


def _served(failure_id: int) -> bool:
    """Whether it was closed meanwhile: one run answers for all failures of its sync."""
    with reading() as session:
        return failures.find(session, failure_id).state != "open"


def _remember(order: RetryOrder, retried: Sequence[Retried], *, began: datetime) -> None:
    canaries.remember(
        _chosen(order.filter),
        runs=[one.run_id for one in retried if one.run_id is not None],
        batches=[one.batch_id for one in retried if one.batch_id is not None],
        since=began,
        by=by(order),
    )


def _chosen(which: FailureFilter) -> Chosen:
    return Chosen(task=which.task, fingerprint=which.fingerprint)
