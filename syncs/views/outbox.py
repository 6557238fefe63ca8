"""Commands to vendors as operators see them: what came of one, a line in a list, or all of it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy.orm import Session

from core import crypto
from core.document import Json
from db.models import OutboxCommand
from db.models.outbox import CommandState
from db.work import outbox, outbox_objects
from syncs.views.shapes import As, Attempts, Count, Id, Kept, Shape, Text


class Result(Kept):
    """What came of one item: ``created``, ``updated``, ``unchanged`` or ``failed``."""

    key: str
    outcome: str
    external_id: Text = None
    error: Text = None


Results = list[Annotated[Json, As(Result)]]


class Outcome(Shape):
    """What came of a command so far."""

    outbox_id: Id
    state: CommandState
    external_id: Text
    results: Results = Field(description="One for each item; empty before there are any.")
    error: Text


class CommandLine(Shape):
    """A command in a list. ``sent_at`` is when it was first sent, unless it surely was not."""

    id: Id
    connector: str
    verb: str
    key: str
    state: CommandState
    attempts: Count = Field(description="How often it was taken up.")
    not_before: datetime | None
    external_id: Text
    error: Text
    created_at: datetime
    sent_at: datetime | None
    done_at: datetime | None


class Command(CommandLine):
    """All of a command."""

    results: Results
    waits_for: list[Id] = Field(
        description="Earlier commands about the same objects, which go first."
    )
    correlation_id: Text
    task_id: Text
    errors: Attempts
    payload: Any = Field(default=None, description="Its body; operators see it.")
    answer: Any = Field(default=None, description="The vendor's answer; operators see it.")


class OpenCommands(Shape):
    """How many commands have not ended; ``approval`` and ``unknown`` wait for a person."""

    approval: Count
    waiting: Count
    sending: Count
    unknown: Count


def recent(
    session: Session, *, connector: str | None = None, state: str | None = None,
    before: int | None = None, limit: int = 50,
) -> list[CommandLine]:  # fmt: skip
    """Commands, newest first; ``before`` is the id the last page ended with."""
    rows = outbox.recent(session, connector=connector, state=state, before=before, limit=limit)
    return [CommandLine.of(row) for row in rows]


def find(session: Session, ident: int, *, opened: bool) -> Command:
    """All of the command, with its body and answer, which may be personal, only when it is
    ``opened``; ``NotFoundError`` when there is none.
    """
    row = outbox.find(session, ident)
    values: Json = {
        **CommandLine.of(row).dump(),
        "results": row.results,
        "waits_for": outbox_objects.ahead(session, ident),
        "correlation_id": row.correlation_id,
        "task_id": row.task_id,
        "errors": row.errors,
    }
    if opened:
        values |= {"payload": _opened(row.payload), "answer": _opened(row.answer)}
    return Command(**values)


def outcome(session: Session, ident: int) -> Outcome:
    """What came of the command so far; ``NotFoundError`` when there is none."""
    return outcome_of(outbox.find(session, ident))


def outcome_of(row: OutboxCommand) -> Outcome:
    """What came of the command in ``row`` so far."""
    return Outcome(
        outbox_id=row.id,
        state=row.state,
        external_id=row.external_id,
        results=row.results,
        error=row.error,
    )


def waiting(session: Session) -> OpenCommands:
    """What has not ended."""
    counts = outbox.count(session)
    return OpenCommands(**{name: counts.get(name, 0) for name in OpenCommands.model_fields})


def _opened(sealed: str | None) -> object:
    return None if sealed is None else json.loads(crypto.unseal(sealed))
