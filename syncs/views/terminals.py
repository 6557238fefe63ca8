"""Terminals as operators see them, without their tokens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from db.tills import terminals
from syncs.views.shapes import Id, Shape


class Terminal(Shape):
    """A till; ``clock_offset`` is in seconds, positive when its clock is ahead. ``replaces_id`` is
    the terminal whose place it took.
    """

    id: Id
    shop_id: Id
    serial: str
    name: str
    level: int
    active: bool
    duplicates: str
    last_seen_at: datetime | None
    clock_offset: int | None
    replaces_id: Id | None
    created_at: datetime


def every(session: Session, *, shop_id: int | None = None) -> list[Terminal]:
    """All terminals, revoked ones too, oldest first; of one shop, if it is named."""
    return [Terminal.of(each) for each in terminals.every(session, shop_id=shop_id)]
