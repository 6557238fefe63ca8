"""Failed tasks, as ``syncs.views.shown`` shows them, and what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from api.ops.answers.attempts import Attempt
from api.web.shapes import Count, Id, Shape, Text

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
    args: list[Any]
    kwargs: dict[str, Any]
    queue: str
    retried_as: Text
    who: Text
    why: Text
    closed_at: datetime | None
    attempts: list[Attempt]


class SentAgain(Shape):
    """A task that is no sync was sent once more."""

    status: Literal["enqueued"]
    task_id: str


class BatchEnqueued(Shape):
    """A batch of sales is due again."""

    status: Literal["enqueued"]
    batch_id: Id


class Dismissed(Shape):
    """It shall not run again."""

    id: Id
    state: Literal["dismissed"]


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
