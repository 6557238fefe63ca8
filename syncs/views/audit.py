"""Acts as admins see them: who did what, and why."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core.document import Json
from db.access import audit
from syncs.views.shapes import Id, Shape, Text


class Act(Shape):
    """Who did what to which thing, and why."""

    id: Id
    at: datetime
    who: str
    what: str
    subject: str
    why: Text
    details: Json | None
    correlation_id: Text


def recent(session: Session, *, before: int | None = None, limit: int = 50) -> list[Act]:
    """Acts, newest first; ``before`` is the id the last page ended with."""
    return [Act.of(event) for event in audit.recent(session, before=before, limit=limit)]
