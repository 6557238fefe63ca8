"""Retrying failed tasks: one, or all that match a filter with a canary before them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pydantic import Field

from api.bell import BELL
from api.ops import canaries
from api.ops.commands import Order
from api.web.body import Body
from api.web.fields import Name
from core.errors import RefusedError, RetriableError
from db import bulk
from db.session import reading, writing
from db.work import failures
from syncs.acts import retry as syncs_retry
from syncs.sales.process import TASK as SALES
from tasks.resend import resend

MOST = 100
"""Failures one request retries: it must end while its client still listens."""


@dataclass(frozen=True)
class Again:
    """What a failure was retried as: a run of a sync, a batch of sales, or a task sent again."""

    run_id: int | None = None
    batch_id: int | None = None
    task_id: str | None = None


class FailureFilter(Body):
    """Which open failures; without anything all of them."""

    task: Name | None = None
    fingerprint: Name | None = None


class RetryOrder(Order):
    """Retry what ``filter`` matches, ``canary`` of them first, or only count them."""

    filter: FailureFilter
    canary: int | None = Field(default=None, ge=1, le=MOST)
    dry_run: bool = False


def matching(which: FailureFilter) -> list[int]:
    """The ids of the open failures that match, newest first."""
    with reading() as session:
        return failures.open_ids(session, task=which.task, fingerprint=which.fingerprint)


def require_good_canary(which: FailureFilter) -> None:
    """See ``canaries.require_good``."""
    with reading() as session:
        canaries.require_good(session, task=which.task, fingerprint=which.fingerprint)


def retry(failure_id: int, *, who: str, why: str | None) -> Again:
    """A sync goes on as a run that is due, a batch of sales is worked off after all, any other
    task is sent with its exact arguments.

    ``RefusedError`` when it is closed or its sync is running, ``RetriableError`` without a broker.
    """
    with writing() as session:
        failed = failures.find(session, failure_id)
        failures.require_open(failed)
        again = syncs_retry.reopen(session, failed, who=who, why=why)
    if again is not None:
        BELL.ring(again.task, again.ident)
        batch = again.task == SALES
        return Again(batch_id=again.ident) if batch else Again(run_id=again.ident)
    if not BELL.answers():
        raise RetriableError("The broker does not answer; it stays open.", code="BROKER_AWAY")
    return Again(task_id=resend(failure_id, who=who, why=why))


def retry_many(order: RetryOrder, *, who: str) -> dict[str, Any]:
    """What was retried and as what, what was refused and why, and how many are still open."""
    with reading() as session:
        began = bulk.now(session)
    chosen = matching(order.filter)
    retried: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    for ident in chosen[: order.canary or MOST]:
        if _served(ident):
            continue
        try:
            again = retry(ident, who=who, why=order.why)
        except (RefusedError, RetriableError) as error:
            refused.append({"id": ident, "code": error.code, "detail": str(error)})
        else:
            retried.append({"id": ident, **asdict(again)})
    if order.canary is not None and retried:
        _remember(order, retried, began=began, who=who)
    return {
        "canary": order.canary,
        "matching": len(chosen),
        "retried": retried,
        "refused": refused,
        "left": len(matching(order.filter)),
    }


def _served(failure_id: int) -> bool:
    """Whether it was closed meanwhile: one run answers for all failures of its sync."""
    with reading() as session:
        return failures.find(session, failure_id).state != "open"


def _remember(
    order: RetryOrder, retried: list[dict[str, Any]], *, began: datetime, who: str
) -> None:
    which = order.filter
    runs, batches = (
        [item[name] for item in retried if item[name] is not None]
        for name in ("run_id", "batch_id")
    )
    with writing() as session:
        canaries.remember(
            session, task=which.task, fingerprint=which.fingerprint, runs=runs, batches=batches,
            since=began, who=who, why=order.why,
        )  # fmt: skip
