"""Runs as operators see them: a line in a list, or all of one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from core.document import Json
from db.models import SyncRun
from db.work import runs
from syncs.running.progress import restore
from syncs.views.shapes import As, Attempts, Count, Id, Kept, RunStatus, Shape, Text

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
    checkpoint: Json | None = Field(description="The query of the next page.")
    warnings: list[str]
    errors_list: list[Annotated[Json, As(Refused)]] = Field(description="The first 100.")
    attempts: Attempts


def recent(
    session: Session, *, sync: str | None = None, status: str | None = None,
    before: int | None = None, limit: int = 50,
) -> list[RunLine]:  # fmt: skip
    """Runs, newest first; ``before`` is the id the last page ended with."""
    rows = runs.recent(session, sync=sync, status=status, before=before, limit=limit)
    return [RunLine(**_line(run)) for run in rows]


def find(session: Session, run_id: int) -> Run:
    """All of the run; ``NotFoundError`` when there is none."""
    run = runs.find(session, run_id)
    counts = restore(run).statistics()
    return Run(
        **_line(run),
        options=run.options,
        task_id=run.task_id,
        correlation_id=run.correlation_id,
        heartbeat_at=run.heartbeat_at,
        not_before=run.not_before,
        failures=run.failures,
        cancel_requested=run.cancel_requested,
        checkpoint=run.checkpoint,
        warnings=counts["warnings"],
        errors_list=counts["errors_list"],
        attempts=run.errors,
    )


def _line(run: SyncRun) -> Json:
    ended, began = run.finished_at or run.heartbeat_at, run.started_at
    counts = restore(run).statistics()
    return {
        "id": run.id,
        "sync": run.sync,
        "status": run.status,
        "trigger": run.trigger,
        "created_at": run.created_at,
        "started_at": began,
        "finished_at": run.finished_at,
        "seconds": round((ended - began).total_seconds(), 3) if ended and began else None,
        **{name: value for name, value in counts.items() if isinstance(value, int)},
        "error": run.error,
    }
