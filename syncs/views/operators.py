"""Operators as admins see them: by name, no token."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from db.access import operators
from syncs.views.shapes import Id, Shape


class Operator(Shape):
    """Somebody with a token; one that is not ``active`` was revoked."""

    id: Id
    name: str
    role: str
    active: bool
    created_at: datetime
    last_used_at: datetime | None


def every(session: Session) -> list[Operator]:
    """All operators, revoked ones too, oldest first."""
    return [Operator.of(operator) for operator in operators.every(session)]
