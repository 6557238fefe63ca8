"""Acts of people and tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from api.web.shapes import Id, Shape, Text


class Act(Shape):
    """Who did what to which thing, and why."""

    id: Id
    at: datetime
    who: str
    what: str
    subject: str
    why: Text
    details: dict[str, Any] | None
    correlation_id: Text
