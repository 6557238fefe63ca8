"""Refused records as operators see them: a line in a list, or one with what was received."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from db.work import rejects
from syncs.views.shapes import Id, Shape, Text

RejectState = Literal["open", "replayed", "discarded"]


class RejectLine(Shape):
    """A refused record in a list, without what was received."""

    id: Id
    sync: str
    run_id: Id | None
    batch_id: Id | None = Field(description="Of a sale that was refused: what it came in.")
    batch_position: Id | None = Field(description="Its place in the batch, from 1.")
    external_id: Text
    code: str
    field: str
    message: str
    state: RejectState
    reason: Text
    created_at: datetime
    updated_at: datetime


class Reject(RejectLine):
    """A refused record."""

    payload: Any = Field(default=None, description="What was received; operators see it.")


def recent(
    session: Session, *, sync: str | None = None, state: str | None = "open",
    code: str | None = None, before: int | None = None, limit: int = 50,
) -> list[RejectLine]:  # fmt: skip
    """Rejects, newest first; ``before`` is the id the last page ended with."""
    rows = rejects.recent(session, sync=sync, state=state, code=code, before=before, limit=limit)
    return [RejectLine.of(reject) for reject in rows]


def find(session: Session, reject_id: int, *, opened: bool) -> Reject:
    """The reject, with what was received, which may be personal, only when it is ``opened``;
    ``NotFoundError`` when there is none.
    """
    reject = rejects.find(session, reject_id)
    line = RejectLine.of(reject).dump()
    return Reject(**line, payload=rejects.payload(reject)) if opened else Reject(**line)
