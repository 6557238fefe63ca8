"""Acts on many rows as operators see them: a line in a list, or all of one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from core.document import Json
from db.models import BulkAct as Row
from db.work import acts
from syncs.views.shapes import As, Attempts, Count, Id, Kept, Shape, Text

ActKind = Literal["failure.retry", "failure.dismiss", "reject.replay", "reject.discard"]
ActStatus = Literal["due", "running", "done", "stopped", "failed"]


class Refusal(Kept):
    """A row that could not be changed and is open still, and why."""

    id: int
    code: str
    detail: str


class BulkActLine(Shape):
    """An act in a list; ``matching`` = ``done`` + ``refused`` + ``skipped`` + ``left``."""

    id: Id
    kind: ActKind
    filter: dict[str, str] = Field(description="Empty: every open row.")
    status: ActStatus
    matching: Count = Field(description="Open rows that matched when it was asked for.")
    done: Count
    refused: Count = Field(description="They could not be changed, and are open still.")
    skipped: Count = Field(description="Somebody else had closed them; exact once it has ended.")
    left: Count = Field(description="Not looked at so far; of a stopped act they stay open.")
    who: str
    why: Text
    canary: Count | None = Field(description="So many of each cause, and no more.")
    asked_at: datetime
    ended_at: datetime | None
    stop_requested: bool


class BulkAct(BulkActLine):
    """All of an act."""

    reopened: list[str] = Field(description='What is tried again, as in "run 12"; the first 1000.')
    refusals: list[Annotated[Json, As(Refusal)]] = Field(description="The first 100.")
    task_id: Text
    correlation_id: Text
    not_before: datetime | None
    attempts: Attempts


def recent(
    session: Session, *, status: str | None = None, before: int | None = None, limit: int = 50
) -> list[BulkActLine]:
    """Acts, newest first; ``before`` is the id the last page ended with."""
    rows = acts.recent(session, status=status, before=before, limit=limit)
    return [BulkActLine.of(row) for row in rows]


def unended(session: Session) -> list[BulkActLine]:
    """Acts that are due or at work, oldest first."""
    return [BulkActLine.of(row) for row in acts.unended(session)]


def find(session: Session, act_id: int) -> BulkAct:
    """All of the act; ``NotFoundError`` when there is none."""
    return whole(acts.find(session, act_id))


def whole(row: Row) -> BulkAct:
    """All of the act in ``row``."""
    return BulkAct(
        **BulkActLine.of(row).dump(),
        reopened=[entry["as"] for entry in row.reopened],
        refusals=row.refusals,
        task_id=row.task_id,
        correlation_id=row.correlation_id,
        not_before=row.not_before,
        attempts=row.errors,
    )
