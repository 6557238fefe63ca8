"""Events of webhooks as operators see them: a line in a list, or all of one but its body."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field
from sqlalchemy.orm import Session

from core.document import Json
from db.models import WebhookEvent
from db.work import webhooks
from syncs.views.shapes import Attempts, Count, Id, Shape, Text

EventState = Literal["due", "running", "done", "failed"]


class EventLine(Shape):
    """An event in a list."""

    id: Id
    connector: str
    event_id: str = Field(description="The vendor's own.")
    kind: str = Field(description="The vendor's word; `unreadable`: nobody could read it.")
    subject: Text = Field(
        description="What it is about, as `transactions/ORD1`; null: nothing that is synced."
    )
    state: EventState
    received_at: datetime
    done_at: datetime | None
    failures: Count = Field(description="Tries in a row that did not end.")
    error: Text


class Event(EventLine):
    """All of an event but what the vendor sent, which may name customers."""

    not_before: datetime | None
    task_id: Text
    correlation_id: Text
    attempts: Attempts


def recent(
    session: Session, *, connector: str | None = None, state: str | None = None,
    before: int | None = None, limit: int = 50,
) -> list[EventLine]:  # fmt: skip
    """Events, newest first; ``before`` is the id the last page ended with."""
    rows = webhooks.recent(session, connector=connector, state=state, before=before, limit=limit)
    return [EventLine(**_line(row)) for row in rows]


def find(session: Session, event_id: int) -> Event:
    """The event; ``NotFoundError`` when there is none."""
    row = webhooks.find(session, event_id)
    return Event(
        **_line(row), not_before=row.not_before, task_id=row.task_id,
        correlation_id=row.correlation_id, attempts=row.errors,
    )  # fmt: skip


def _line(row: WebhookEvent) -> Json:
    broken = row.errors and row.status != "done"
    columns = {name: getattr(row, name) for name in EventLine.model_fields if name != "error"}
    return {**columns, "error": row.errors[-1]["message"] if broken else None}
