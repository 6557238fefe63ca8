"""Commands to vendors: taken in once, listed, counted."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import crypto
from core.errors import NotFoundError, RefusedError
from core.logs import correlation_id
from db.models import OutboxCommand
from db.models.outbox import WORDS
from db.types import db_now
from db.upsert import insert_new
from db.work import outbox_objects

FOR_PERSONS = ("approval", "unknown")
"""The states of what waits for a person."""


class KeyReused(RefusedError):  # noqa: N818, it names what happened
    """The key came before, with another command."""

    code = "KEY_REUSED"


@dataclass(frozen=True, kw_only=True)
class Order:
    """A command as it is asked for; ``objects`` are what it is about, in the clear."""

    connector: str
    verb: str
    key: str
    payload: str = field(repr=False)
    objects: Collection[str]
    approval: bool = False


def add(session: Session, order: Order) -> tuple[OutboxCommand, bool]:
    """The command under this key, and whether it is new. ``KeyReused`` if it is another one."""
    ident = insert_new(
        session,
        OutboxCommand,
        {
            "connector": order.connector,
            "verb": order.verb,
            "key": order.key,
            "payload": crypto.seal(order.payload),
            "status": "approval" if order.approval else WORDS.due,
            "correlation_id": correlation_id(),
            # Its task is enqueued now; a sweeper enqueues again what no worker takes.
            "rung_at": db_now(),
        },
    )
    if ident is None:
        return _known(session, order), False
    outbox_objects.enter(session, ident, order.connector, order.objects)
    return find(session, ident), True


def find(session: Session, ident: int) -> OutboxCommand:
    """The command, read afresh; ``NotFoundError`` when there is none."""
    command = session.get(OutboxCommand, ident, populate_existing=True)
    if command is None:
        raise NotFoundError("command", ident)
    return command


def recent(
    session: Session, *, connector: str | None = None, state: str | None = None,
    before: int | None = None, limit: int = 50,
) -> list[OutboxCommand]:  # fmt: skip
    """Commands, newest first; ``before`` is the id the last page ended with."""
    query = select(OutboxCommand).order_by(OutboxCommand.id.desc()).limit(limit)
    if connector is not None:
        query = query.where(OutboxCommand.connector == connector)
    if state is not None:
        query = query.where(OutboxCommand.status == state)
    if before is not None:
        query = query.where(OutboxCommand.id < before)
    return list(session.scalars(query))


def count(session: Session) -> dict[str, int]:
    """How many there are in each state that does not end by itself; a state without any is absent.

    It reads an index, however many are done.
    """
    open_ = (*WORDS, *FOR_PERSONS)
    rows = session.execute(
        select(OutboxCommand.status, func.count())
        .where(OutboxCommand.status.in_(open_))
        .group_by(OutboxCommand.status)
    )
    return {row[0]: row[1] for row in rows}


def _known(session: Session, order: Order) -> OutboxCommand:
    command = session.scalars(select(OutboxCommand).where(OutboxCommand.key == order.key)).one()
    same = (command.connector, command.verb) == (order.connector, order.verb)
    if not same or crypto.unseal(command.payload) != order.payload:
        raise KeyReused(
            f"key: {order.key} is command {command.id}'s, which is another one; give this one its "
            "own key."
        )
    return command
