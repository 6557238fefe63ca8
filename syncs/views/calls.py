"""Calls to vendors as admins see them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from db.work import calls
from syncs.views.shapes import Id, Shape, Text


class Call(Shape):
    """One call to a vendor, its repetitions included."""

    id: Id
    connector: str
    verb: str
    path: str
    status: int | None
    error: Text
    ms: int
    tries: int
    correlation_id: Text
    at: datetime


def recent(
    session: Session, *, connector: str | None = None, before: int | None = None, limit: int = 50
) -> list[Call]:
    """Calls, newest first; ``before`` is the id the last page ended with."""
    found = calls.recent(session, connector=connector, before=before, limit=limit)
    return [Call.of(call) for call in found]
