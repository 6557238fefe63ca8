"""What commands are about: those of one object go in order, by marks that end with them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, delete, exists, func, insert, select
from sqlalchemy.orm import Session, aliased

from core import crypto
from db.models import OutboxCommand, OutboxObject
from db.session import NO_SYNC


def enter(session: Session, ident: int, connector: str, names: Collection[str]) -> None:
    """The command is about these objects of the connector, in the clear."""
    if marks := sorted({_mark(connector, name) for name in names}):
        values = [{"outbox_id": ident, "object": mark} for mark in marks]
        session.execute(insert(OutboxObject), values)


def ahead(session: Session, ident: int) -> list[int]:
    """The ids of earlier commands about the same objects, which go first."""
    mine, theirs = aliased(OutboxObject), aliased(OutboxObject)
    return list(
        session.scalars(
            select(theirs.outbox_id)
            .join(mine, mine.object == theirs.object)
            .where(mine.outbox_id == ident, theirs.outbox_id < ident)
            .distinct()
            .order_by(theirs.outbox_id)
        )
    )


def is_behind() -> ColumnElement[bool]:
    """Of a command: an earlier one about the same object has not ended, its marks are there."""
    mine, theirs = aliased(OutboxObject), aliased(OutboxObject)
    return (
        exists()
        .where(
            mine.outbox_id == OutboxCommand.id,
            theirs.object == mine.object,
            theirs.outbox_id < mine.outbox_id,
        )
        .correlate(OutboxCommand)
    )


def leave(session: Session, ident: int) -> list[int]:
    """Forget what an ended command was about; the next command about each of its objects."""
    mine, theirs = aliased(OutboxObject), aliased(OutboxObject)
    following = session.scalars(
        select(func.min(theirs.outbox_id))
        .join(mine, mine.object == theirs.object)
        .where(mine.outbox_id == ident, theirs.outbox_id > ident)
        .group_by(theirs.object)
    ).all()
    session.execute(
        delete(OutboxObject).where(OutboxObject.outbox_id == ident), execution_options=NO_SYNC
    )
    return sorted(set(following))


def _mark(connector: str, name: str) -> str:
    """Equal for one object, which may be somebody's address and is not kept in the clear."""
    return crypto.marks(f"{connector}\n{name}")[0]
