"""Declared syncs as operators see them: how each is doing, and what may be asked of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field
from sqlalchemy.orm import Session

from syncs import intervals
from syncs.declaration import AnySync
from syncs.registry import SYNCS
from syncs.views import status
from syncs.views.shapes import Count, Id, Shape, Text
from syncs.views.status import LastRun, State, SyncStatus


class SyncLine(Shape):
    """A declared sync, and how it is doing; ``age`` and ``interval`` in seconds."""

    name: str
    task: str
    summary: str
    schedule: Text = Field(description="Five fields, as a crontab has them; null: by hand.")
    options: dict[str, Literal["int", "str", "date"]]
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


def every(session: Session) -> list[SyncLine]:
    """All declared syncs, in the order of their declaration."""
    return [_line(one) for one in status.every(session)]


def find(session: Session, name: str) -> SyncLine:
    """The declared sync of this name."""
    return next(line for line in every(session) if line.name == name)


def _line(one: SyncStatus) -> SyncLine:
    sync = SYNCS[one.sync]
    values = {name: getattr(one, name) for name in SyncStatus.model_fields if name != "sync"}
    return SyncLine(
        name=sync.name,
        task=sync.task,
        schedule=_crontab(sync),
        options={name: kind.__name__ for name, kind in sync.known_options.items()},
        **values,
    )


def _crontab(sync: AnySync) -> str | None:
    """The five fields, as ``SYNC_SCHEDULE_<NAME>`` takes them."""
    cron = intervals.schedule(sync)
    return None if cron is None else str(cron).removeprefix("<crontab: ").partition(" (")[0]
