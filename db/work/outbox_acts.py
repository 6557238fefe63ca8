"""What persons do with commands: let one go, take one back, say what came of one."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from core.errors import RefusedError
from db.models import OutboxCommand
from db.models.outbox import WORDS
from db.session import NO_SYNC
from db.types import db_now
from db.work import claims, outbox_objects
from db.work.outbox import find


def approve(session: Session, ident: int) -> None:
    """It may go. ``RefusedError`` unless it waits for that, ``NotFoundError`` without one."""
    _change(session, ident, OutboxCommand.status == "approval", claims.due_in(0, WORDS))


def cancel(session: Session, ident: int) -> list[int]:
    """It shall not go; the ids of what may go on now. ``RefusedError`` once it was sent."""
    unsent = OutboxCommand.status.in_(("approval", WORDS.due)) & OutboxCommand.sent_at.is_(None)
    _change(session, ident, unsent, {"status": "canceled", "done_at": db_now()})
    return outbox_objects.leave(session, ident)


def resolve(session: Session, ident: int, state: Literal["done", "failed", "retry"]) -> list[int]:
    """A person knows what came of it, ``retry``: it was not carried out and shall be; the ids of
    what may go on now. ``RefusedError`` unless its outcome is unknown and nobody is at it.
    """
    waits = (OutboxCommand.status == WORDS.due) & OutboxCommand.sent_at.is_not(None)
    unclear = (OutboxCommand.status == "unknown") | waits
    if state == "retry":
        again = claims.due_in(0, WORDS) | {"sent_at": None, "failures": 0}
        _change(session, ident, unclear, again)
        return []
    _change(session, ident, unclear, {"status": state, "done_at": db_now()})
    return outbox_objects.leave(session, ident)


def _change(session: Session, ident: int, may: ColumnElement[bool], values: claims.Values) -> None:
    changed = session.scalar(
        update(OutboxCommand)
        .where(OutboxCommand.id == ident, may)
        # The token too: whoever was frozen in it writes nothing when he thaws.
        .values(lease_until=None, lease_token=OutboxCommand.lease_token + 1, **values)
        .returning(OutboxCommand.id),
        execution_options=NO_SYNC,
    )
    command = find(session, ident)
    if changed is None:
        sent = " and was sent" if command.sent_at is not None else ""
        raise RefusedError(f"Command {ident} is {command.status}{sent}.")
