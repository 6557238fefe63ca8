"""Orders that changed at the art site after they were taken in, and how its export was."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core.document import Json
from db.template import checks, drifts
from db.template.drifts import Seen
from syncs.views.shapes import Id, Shape, Text


class DriftLine(Shape):
    """An order that changed: which fields, and not what they say."""

    id: Id
    order: str
    run_id: Id | None
    at: datetime
    fields: list[str]


class Drift(DriftLine):
    """By each field what is ``kept`` here and what the ``site`` said. Personal data is opened."""

    changes: dict[str, Json]


class Check(Shape):
    """An hourly look at the site."""

    at: datetime
    kind: str
    healthy: bool
    ms: int
    message: Text


def recent(session: Session, *, before: int | None = None, limit: int = 50) -> list[DriftLine]:
    """Drifts, newest first; ``before`` is the id the last page ended with."""
    rows = drifts.recent(session, before=before, limit=limit)
    return [DriftLine(**_line(seen)) for seen in rows]


def find(session: Session, drift_id: int) -> Drift:
    """All of one; ``NotFoundError`` when there is none."""
    seen = drifts.find(session, drift_id)
    return Drift(**_line(seen), changes=drifts.opened(session, seen[0]))


def looks(session: Session, *, limit: int = 50) -> list[Check]:
    """The hourly looks, newest first."""
    return [Check.of(check) for check in checks.recent(session, limit=limit)]


def _line(seen: Seen) -> Json:
    drift, order = seen
    return {
        "id": drift.id,
        "order": order,
        "run_id": drift.run_id,
        "at": drift.at,
        "fields": drift.fields,
    }
