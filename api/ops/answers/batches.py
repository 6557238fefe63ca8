"""Batches of sales, as ``syncs.views.shown`` shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from api.ops.answers.attempts import Attempt
from api.web.shapes import Count, Id, Shape, Text

BatchStatus = Literal["due", "running", "done", "failed"]


class BatchLine(Shape):
    """A batch in a list; ``accepted`` and ``refused`` once it is worked off."""

    id: Id
    uuid: str = Field(description="The `batch_id` that its till was told.")
    shop_id: Id
    terminal: str
    status: BatchStatus
    count: Count = Field(description="Sales in it.")
    accepted: Count | None
    refused: Count | None
    received_at: datetime
    done_at: datetime | None
    failures: Count = Field(description="Tries in a row that did not end.")
    error: Text


class Batch(BatchLine):
    """All of a batch but what was sent."""

    terminal_id: Id
    keyed: bool = Field(description="Whether it came with an `Idempotency-Key`.")
    task_id: Text
    correlation_id: Text
    not_before: datetime | None
    attempts: list[Attempt]
    result: dict[str, Any] | None = Field(
        default=None, description="What its till is answered; operators see it."
    )
