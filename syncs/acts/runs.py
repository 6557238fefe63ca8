"""Runs: cancel one, or approve its deletions."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from sqlalchemy.orm import Session

from core.advice import Advised
from core.errors import RefusedError
from db.models import SyncRun
from db.session import writing
from db.work import runs, states
from syncs.acts.by import By
from syncs.declaration import AnySync
from syncs.registry import find
from syncs.running import ending
from syncs.views.shapes import Count, Id, RunStatus, Shape


class Cancelled(Shape):
    """It is cancelled, or it will be when its page is written."""

    run_id: Id
    status: Literal["cancelled", "running"]
    cancel_requested: Literal[True]


class Approved(Shape):
    """The deletions happened, and the fields are expected no longer."""

    run_id: Id
    status: RunStatus
    deleted: Count
    fields: list[str] = Field(
        default=[], description="Columns that the source need no longer fill; absent without any."
    )


def cancel(run_id: int, *, by: By) -> Cancelled:
    """Stop a run: at once when it waits, else between two pages.

    ``RefusedError`` when it is over already, ``NotFoundError`` when there is none.
    """
    with writing() as session:
        status = runs.request_cancel(session, run_id)
        by.note(session, "run.cancel", f"run {run_id}")
    return Cancelled(
        run_id=run_id,
        status="running" if status == "running" else "cancelled",
        cancel_requested=True,
    )


def interrupt(run_id: int) -> None:
    """Stop the run that this process executes, because whoever started it by hand gave up."""
    with writing() as session:
        runs.request_cancel(session, run_id)


def approve(run_id: int, *, by: By) -> Approved:
    """Tombstone what the run did not find, and expect no longer the fields that it has lost.

    ``RefusedError`` when the run does not wait for it, or a newer run knows better;
    ``NotFoundError`` when there is none.
    """
    with writing() as session:
        sync = find(runs.find(session, run_id).sync)
        # From now on no newer run can end: the decision holds.
        states.locked(session, sync.name)
        newer = _newer(session, sync, runs.find(session, run_id))
        if newer is not None:
            decides = f"Run {newer.id} looked at everything after run {run_id}; it decides now."
            raise RefusedError(Advised(decides, "newer run", {"run": newer.id}))
        deleted, fields = ending.approve(session, sync, run_id)
        accepted = {"fields": fields} if fields else {}
        by.note(session, "run.approve", f"run {run_id}", deleted=deleted, **accepted)
        status = runs.find(session, run_id).status
    return Approved(run_id=run_id, status=status, deleted=deleted, **accepted)


def _newer(session: Session, sync: AnySync, run: SyncRun) -> SyncRun | None:
    """The newest run after ``run`` that saw everything."""
    later = runs.ended_after(session, run, ("succeeded", "needs_approval"))
    return next((other for other in later if not sync.filtered(other.options)), None)
