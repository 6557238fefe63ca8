"""Events of webhooks: each is stored once, and those about one object are answered together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.orm import Session, aliased, defer

from core.errors import NotFoundError
from core.logs import correlation_id
from db.models import WebhookEvent
from db.models.work import ACTIVE
from db.session import NO_SYNC
from db.types import db_now
from db.upsert import insert_new
from db.work import claims

TOGETHER = 1000
"""Events that one answer settles; the others wait for the next one."""


@dataclass(frozen=True, kw_only=True)
class Claim(claims.Claim):
    """The right to process the events about one object, of which ``key`` is the oldest."""

    table = WebhookEvent
    connector: str
    subject: str


_COLUMNS = (WebhookEvent.connector, WebhookEvent.subject)


def receive(
    session: Session, connector: str, *, event_id: str, kind: str, subject: str | None, body: str,
    errors: claims.Errors = (),
) -> int | None:  # fmt: skip
    """Store an event, its ``body`` sealed; its id, or None when this event is known.

    An event without a subject is done; one with ``errors`` has failed.
    """
    status = "failed" if errors else "due" if subject is not None else "done"
    values = {
        "connector": connector,
        "event_id": event_id,
        "kind": kind,
        "subject": subject,
        "body": body,
        "status": status,
        "errors": list(errors),
        "correlation_id": correlation_id(),
        # It is rung for at once; a sweeper rings again for what no worker takes.
        "rung_at": db_now(),
        "done_at": db_now() if status == "done" else None,
    }
    key: int | None = insert_new(session, WebhookEvent, values)
    return key


def find(session: Session, event_id: int) -> WebhookEvent:
    """The event, read afresh; ``NotFoundError`` when there is none."""
    event = session.get(WebhookEvent, event_id, populate_existing=True)
    if event is None:
        raise NotFoundError("event", event_id)
    return event


def recent(
    session: Session, *, connector: str | None = None, state: str | None = None,
    before: int | None = None, limit: int = 50,
) -> list[WebhookEvent]:  # fmt: skip
    """Events without their bodies, newest first; ``before`` is the id the last page ended with."""
    query = (
        select(WebhookEvent)
        .options(defer(WebhookEvent.body, raiseload=True))
        .order_by(WebhookEvent.id.desc())
        .limit(limit)
    )
    if connector is not None:
        query = query.where(WebhookEvent.connector == connector)
    if state is not None:
        query = query.where(WebhookEvent.status == state)
    if before is not None:
        query = query.where(WebhookEvent.id < before)
    return list(session.scalars(query))


def last_received_at(session: Session, connector: str) -> datetime | None:
    """When the newest event of this connector came; None: none ever did."""
    query = select(WebhookEvent.received_at).where(WebhookEvent.connector == connector)
    return session.scalar(query.order_by(WebhookEvent.id.desc()).limit(1))


def claim(
    session: Session, event: WebhookEvent, *, seconds: float, task_id: str | None = None
) -> Claim | None:
    """The events about what ``event`` is about, for ``seconds``.

    None: nothing waits, it must wait longer, or somebody processes it. The lease is the oldest
    event's, so that no two workers fetch one object at once.
    """
    oldest = session.scalar(
        select(func.min(WebhookEvent.id)).where(_about(event), WebhookEvent.status.in_(ACTIVE))
    )
    if oldest is None:
        return None
    return claims.claim(session, Claim, oldest, seconds=seconds, task_id=task_id, columns=_COLUMNS)


def beside(session: Session, held: Claim) -> list[int]:
    """The other events about the same object that came before now and are not done.

    What is fetched from now on answers all of them.
    """
    query = select(WebhookEvent.id).where(
        _about(held), WebhookEvent.status.in_(("due", "failed")), WebhookEvent.id != held.key
    )
    return list(session.scalars(query.order_by(WebhookEvent.id).limit(TOGETHER)))


def settle(
    session: Session, ids: Sequence[int], *, status: str = "done", errors: claims.Errors = ()
) -> None:
    """End events that one answer was about, beside the one that was claimed."""
    done = {"done_at": db_now()} if status == "done" else {"errors": list(errors)}
    session.execute(
        update(WebhookEvent)
        .where(WebhookEvent.id.in_(ids), WebhookEvent.status.in_(("due", "failed")))
        .values(status=status, not_before=None, **done),
        execution_options=NO_SYNC,
    )


def reopen(session: Session, event_id: int, *, kind: str, subject: str) -> bool:
    """Let an event that has ended be processed once more; False when it has not."""
    row = session.execute(
        update(WebhookEvent)
        .where(WebhookEvent.id == event_id, WebhookEvent.status.in_(("done", "failed")))
        .values(kind=kind, subject=subject, failures=0, done_at=None, **claims.due_in(0))
        .returning(WebhookEvent.id),
        execution_options=NO_SYNC,
    )
    return row.scalar_one_or_none() is not None


def forget(session: Session, *, older_than_days: float, most: int) -> int:
    """Delete up to ``most`` events that are done and old, but each connector's newest; how many."""
    newest = select(func.max(WebhookEvent.id)).group_by(WebhookEvent.connector)
    old = (
        select(WebhookEvent.id)
        .where(
            WebhookEvent.status == "done",
            WebhookEvent.received_at < db_now(-older_than_days * 86400),
            WebhookEvent.id.not_in(newest),
        )
        .order_by(WebhookEvent.id)
        .limit(most)
    )
    ids = session.scalars(
        delete(WebhookEvent).where(WebhookEvent.id.in_(old)).returning(WebhookEvent.id),
        execution_options=NO_SYNC,
    )
    return len(ids.all())


def waiting(session: Session, held: Claim) -> int | None:
    """The oldest event about the same object that came meanwhile; None: there is none."""
    return session.scalar(
        select(func.min(WebhookEvent.id)).where(_about(held), WebhookEvent.status == "due")
    )


def to_ring(session: Session, *, quiet: float) -> list[int]:
    """The ids of events to process, one an object, marked as ``claims.mark_rung`` does."""
    older = aliased(WebhookEvent)
    is_second = (
        select(older.id)
        .where(
            older.connector == WebhookEvent.connector,
            older.subject == WebhookEvent.subject,
            older.status.in_(ACTIVE),
            older.id < WebhookEvent.id,
        )
        .exists()
    )
    ids = select(WebhookEvent.id).where(
        claims.is_unanswered(WebhookEvent, WebhookEvent), ~is_second
    )
    return claims.mark_rung(session, WebhookEvent, ids, quiet=quiet)


def _about(event: WebhookEvent | Claim) -> ColumnElement[bool]:
    return and_(WebhookEvent.connector == event.connector, WebhookEvent.subject == event.subject)
