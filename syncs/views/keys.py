"""The keys of the B2B source as admins see them: by name, none opened."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from db.access import keys
from syncs.views.shapes import Id, Shape


class Key(Shape):
    """A key by its name; ``is_active``: it is the one in use."""

    id: Id
    name: str
    is_active: bool
    created_at: datetime
    last_used_at: datetime | None


def every(session: Session) -> list[Key]:
    """All keys, oldest first."""
    return [Key.of(key) for key in keys.every(session)]
