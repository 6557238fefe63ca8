"""Who carries a command out: ``db.work.claims`` over the outbox, and how a command ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core import crypto
from db.models import OutboxCommand
from db.session import NO_SYNC
from db.types import db_now
from db.work import claims, outbox_objects


@dataclass(frozen=True, kw_only=True)
class Claim(claims.Claim):
    """The right to carry out one command; ``payload`` is sealed.

    ``sent_at``: it was sent before, and nobody knows what came of it.
    """

    table = OutboxCommand
    connector: str
    verb: str
    idempotency_key: str
    payload: str = field(repr=False)
    sent_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a command ended; ``answer`` is the vendor's, in the clear."""

    state: Literal["done", "failed", "unknown"]
    results: Sequence[Mapping[str, object]] = ()
    external_id: str | None = None
    answer: str | None = field(default=None, repr=False)
    error: str | None = None


def claim(
    session: Session, ident: int, *, seconds: float, task_id: str | None = None
) -> Claim | None:
    """The command for ``seconds``, noted as sent; None: it has ended, is not due, another worker
    has it, or an earlier one about the same object has not ended.
    """
    table = OutboxCommand
    held = claims.claim(
        session, Claim, ident, seconds=seconds, task_id=task_id, ready=~outbox_objects.is_behind(),
        columns=(
            table.connector, table.verb, table.key.label("idempotency_key"), table.payload,
            table.sent_at,
        ),
    )  # fmt: skip
    if held is not None:
        # Committed before the call: whoever finds the row later knows that it may have been made.
        session.execute(
            update(table)
            .where(table.id == ident)
            .values(
                attempts=table.attempts + 1, sent_at=func.coalesce(table.sent_at, db_now())
            ),
            execution_options=NO_SYNC,
        )  # fmt: skip
    return held


def end(session: Session, held: Claim, ending: Ending, *, errors: claims.Errors) -> list[int]:
    """Note how it ended; the ids of what may go on now. ``LeaseLost`` undoes all of it."""
    over = ending.state != "unknown"
    claims.finish(
        session, held, status=ending.state, results=list(ending.results), error=ending.error,
        external_id=ending.external_id, errors=errors,
        answer=None if ending.answer is None else crypto.seal(ending.answer),
        **({"done_at": db_now()} if over else {}),
    )  # fmt: skip
    return outbox_objects.leave(session, held.key) if over else []


def put_back(
    session: Session, held: Claim, *, wait: float, errors: claims.Errors, unsent: bool,
    blameless: bool,
) -> None:  # fmt: skip
    """It is sent again in ``wait`` seconds; ``unsent``: what we know of it is as before."""
    known: claims.Values = {"sent_at": held.sent_at} if unsent else {}
    claims.put_back(
        session, held, wait=wait, errors=errors, blameless=blameless,
        error=errors[-1]["message"] if errors else None, **known,
    )  # fmt: skip


def to_ring(session: Session, *, quiet: float) -> list[int]:
    """The ids of commands to carry out that nobody does, marked as ``claims.mark_rung`` does."""
    table = OutboxCommand
    ids = select(table.id).where(claims.is_unanswered(table, table), ~outbox_objects.is_behind())
    return claims.mark_rung(session, table, ids, quiet=quiet)
