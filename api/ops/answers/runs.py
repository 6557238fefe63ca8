"""Runs, as ``syncs.views.shown`` shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from api.ops.answers.attempts import Attempt
from api.web.shapes import Count, Id, Kept, RunStatus, Shape, Text

Options = dict[str, int | str]


class RunLine(Shape):
    """A run in a list, with its exact counts."""

    id: Id
    sync: str
    status: RunStatus
    trigger: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    seconds: float | None
    total: Count
    created: Count
    updated: Count
    unchanged: Count
    deleted: Count
    errors: Count = Field(description="Records that were refused.")
    duplicates: Count
    fetched: Count
    pages: Count
    error: Text


class Refused(Kept):
    """A record that was refused, by the id its source gives it."""

    error: str
    code: str
    field: str
    product_id: Text = None
    category_id: Text = None


class Run(RunLine):
    """All of a run."""

    options: Options
    task_id: Text
    correlation_id: Text
    heartbeat_at: datetime | None
    not_before: datetime | None
    failures: Count = Field(description="Claims in a row that wrote no page.")
    cancel_requested: bool
    checkpoint: dict[str, Any] | None = Field(description="The query of the next page.")
    warnings: list[str]
    errors_list: list[Refused] = Field(description="The first 100.")
    attempts: list[Attempt]


class Enqueued(Shape):
    """A run is due."""

    status: Literal["enqueued"]
    run_id: Id


class Cancelled(Shape):
    """It is cancelled, or it will be when its page is written."""

    run_id: Id
    status: Literal["cancelled", "running"]
    cancel_requested: Literal[True]


class Approved(Shape):
    """The deletions happened."""

    run_id: Id
    status: RunStatus
    deleted: Count
