"""Commands to vendors: give one, agree to one, take one back, say what came of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from db.session import writing
from db.work import outbox, outbox_acts
from syncs.acts.by import By
from syncs.outbox import queue
from syncs.views import outbox as views
from syncs.views.outbox import Command, Outcome

Resolution = Literal["done", "failed", "retry"]


@dataclass(frozen=True)
class Ordered:
    """A command in the store; ``new`` unless its key was known. Ring for it when it ``waits``."""

    outcome: Outcome
    new: bool

    @property
    def waits(self) -> bool:
        """Whether a worker may carry it out."""
        return self.outcome.state == "waiting"


@dataclass(frozen=True)
class Changed:
    """A command after the act, and the ids of those to ring for."""

    command: Command
    rings: Sequence[int]


def order(name: str, verb: str, payload: object, *, by: By, key: str | None = None) -> Ordered:
    """Have ``verb`` carried out at the connector ``name``, once for a ``key``.

    Raises ``NotFoundError``, ``UnsupportedError``, ``BodyError`` with every problem, or
    ``KeyReused``; then nothing is stored.
    """
    wanted = queue.prepare(name, verb, payload, key=key)
    with writing() as session:
        row, new = outbox.add(session, wanted)
        if new:
            by.note(session, "command.order", f"command {row.id}", connector=name, verb=verb)
        return Ordered(views.outcome_of(row), new)


def approve(ident: int, *, by: By) -> Changed:
    """Let a command go that waits for a person. ``RefusedError`` when it does not."""
    with writing() as session:
        outbox_acts.approve(session, ident)
        return _changed(session, ident, "approve", by, [ident])


def cancel(ident: int, *, by: By) -> Changed:
    """Take back a command that was never sent. ``RefusedError`` when it was, or has ended."""
    with writing() as session:
        return _changed(session, ident, "cancel", by, outbox_acts.cancel(session, ident))


def resolve(ident: int, state: Resolution, *, by: By) -> Changed:
    """Say what came of a command of which nobody knows: it is ``done``, it has ``failed``, or it
    was not carried out and shall be (``retry``). ``RefusedError`` when its outcome is known.
    """
    with writing() as session:
        following = outbox_acts.resolve(session, ident, state)
        rings = [ident] if state == "retry" else following
        return _changed(session, ident, "resolve", by, rings, state=state)


def _changed(
    session: Session, ident: int, what: str, by: By, rings: Sequence[int], **details: object
) -> Changed:
    by.note(session, f"command.{what}", f"command {ident}", **details)
    return Changed(views.find(session, ident, opened=False), rings)
