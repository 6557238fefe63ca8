"""Declared syncs and the gate's answers."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from api.ops.answers.runs import Enqueued
from api.web.shapes import Count, Id, RunStatus, Shape, Text
from syncs.views.status import State


class LastRun(Shape):
    """The newest run."""

    id: Id
    status: RunStatus
    trigger: str
    started_at: datetime | None
    finished_at: datetime | None
    error: Text
    counts: dict[str, Count]
    expected: Count | None = Field(description="How many records the source says there are.")
    tried_since: datetime | None = Field(
        description="When the first of the tries failed after which it is due again."
    )


class SyncLine(Shape):
    """A declared sync, and how it is doing; ``age`` and ``interval`` in seconds."""

    name: str
    task: str
    summary: str
    schedule: Text = Field(description="Five fields, as a crontab has them; null: by hand.")
    options: dict[str, Literal["int", "str"]]
    state: State
    last_success_at: datetime | None
    age: float | None
    interval: float
    next_allowed_at: datetime | None
    last_run: LastRun | None
    error: Text = Field(description="Of the last run, or of its last try.")
    approve: Id | None = Field(description="A run whose deletions wait for a person.")
    open_rejects: Count
    open_failures: Count


class SyncEnqueued(Enqueued):
    """A run of the sync is due."""

    sync: str


class Fresh(Shape):
    """Its data is young enough; ``since`` is when the last complete run began."""

    status: Literal["fresh"]
    sync: str
    since: datetime


class Running(Shape):
    """A run is on its way."""

    status: Literal["running"]
    sync: str
    run_id: int
    released: bool = Field(
        description="This request, forced, ended its wait after a failure: it may begin now."
    )
    queued: bool = Field(
        description="This request had one more run follow it, or has that one see more."
    )
    follow_up: bool = Field(description="One more run follows it, whoever asked for that.")


class Paused(Shape):
    """A person paused it."""

    status: Literal["paused"]
    sync: str


class Waiting(Shape):
    """Not before this moment: its source asked for it, or we back off after a failure."""

    status: Literal["waiting"]
    sync: str
    not_before: datetime


NothingBegun = Fresh | Running | Paused | Waiting


class Pause(Shape):
    """Whether runs may begin."""

    sync: str
    paused: bool
