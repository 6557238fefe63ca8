"""Batches of sales: stored once, answered for ever.

``receive`` is what makes a till's request durable; whatever follows may die and is done again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Row, case, func, select
from sqlalchemy.orm import Session, defer

from core import crypto
from core.errors import RefusedError
from db import bulk
from db.models import SalesBatch, Shop, Terminal
from db.tills import terminals
from db.types import db_now
from db.upsert import insert_new

STAMP = "%Y%m%d%H%M%S"


_DUE = {
    "status": "due",
    "lease_token": 0,
    "failures": 0,
    "errors": [],
    # The task is enqueued now; a sweeper enqueues again what no worker takes.
    "rung_at": db_now(),
}


class Sender(Protocol):
    """The terminal that sends, and the shop's time zone."""

    @property
    def id(self) -> int:
        """The terminal's own."""

    @property
    def shop_id(self) -> int:
        """Its shop's."""

    @property
    def timezone(self) -> str:
        """The shop's, as Africa/Kinshasa."""


class KeyReused(RefusedError):  # noqa: N818, it names what happened
    """The Idempotency-Key came before, with another body."""

    code = "KEY_REUSED"


@dataclass(frozen=True, kw_only=True)
class Received:
    """A batch that is in the store; ``result`` when it is done already.

    ``replayed``: its Idempotency-Key was known.
    """

    batch_id: int
    uuid: str
    status: str
    result: str | None = None
    replayed: bool = False


def receive(
    session: Session,
    sender: Sender,
    *,
    body: bytes,
    count: int,
    numbered: bool,
    key: str | None = None,
    correlation_id: str | None = None,
) -> Received:
    """Store what a till sent: ``count`` sales in ``body``, all of them ``numbered`` or not.

    Raises ``KeyReused``. With a known key nothing new is stored; what was refused then becomes due.
    """
    text = body.decode()
    digest = crypto.digest(text)
    known = _known(session, sender, key, digest)
    if known is not None:
        return _again(session, known, digest)
    values = {
        "uuid": str(uuid4()),
        "shop_id": sender.shop_id,
        "terminal_id": sender.id,
        "idempotency_key": key,
        "body_hash": digest,
        "body": crypto.seal(text),
        "count": count,
        "correlation_id": correlation_id,
        **_DUE,
    }
    while True:
        stamp = None if numbered else _next_stamp(session, sender)
        ident = insert_new(session, SalesBatch, {**values, "number_stamp": stamp})
        if ident is not None:
            return Received(batch_id=ident, uuid=str(values["uuid"]), status="due")
        known = _known(session, sender, key, digest)
        if known is not None:
            # The same request came twice at once, and the other one was first.
            return _again(session, known, digest)


def find(session: Session, shop_id: int, uuid: str) -> SalesBatch | None:
    """The shop's batch; another shop's is as unknown as none."""
    return session.scalars(
        select(SalesBatch).where(SalesBatch.uuid == uuid, SalesBatch.shop_id == shop_id)
    ).one_or_none()


def find_any(session: Session, word: str) -> SalesBatch | None:
    """The batch whose id or uuid ``word`` is, of any shop: for people."""
    if re.fullmatch(r"[1-9][0-9]{0,17}", word, re.ASCII):
        return session.get(SalesBatch, int(word))
    return session.scalars(select(SalesBatch).where(SalesBatch.uuid == word)).one_or_none()


def look(session: Session, batch_id: int) -> Row[str, str | None]:
    """``status`` and ``result`` as they are now, for a request that waits."""
    return session.execute(
        select(
            SalesBatch.status,
            case((SalesBatch.status == "done", SalesBatch.result)).label("result"),
        ).where(SalesBatch.id == batch_id)
    ).one()


def recent(
    session: Session, *, shop_id: int | None = None, status: str | None = None,
    before: int | None = None, limit: int = 50,
) -> list[SalesBatch]:  # fmt: skip
    """Batches without ``body`` and ``result``, newest first; ``before`` is the id the last page
    ended with.
    """
    query = (
        select(SalesBatch)
        .options(*(defer(large, raiseload=True) for large in (SalesBatch.body, SalesBatch.result)))
        .order_by(SalesBatch.id.desc())
        .limit(limit)
    )
    for column, value in ((SalesBatch.shop_id, shop_id), (SalesBatch.status, status)):
        if value is not None:
            query = query.where(column == value)
    if before is not None:
        query = query.where(SalesBatch.id < before)
    return list(session.scalars(query))


def origin(session: Session, batch_id: int) -> tuple[Shop, Terminal]:
    """The shop and the terminal that a batch came from."""
    query = (
        select(Shop, Terminal)
        .join(SalesBatch, SalesBatch.shop_id == Shop.id)
        .join(Terminal, Terminal.id == SalesBatch.terminal_id)
        .where(SalesBatch.id == batch_id)
    )
    shop, terminal = session.execute(query).one()
    return shop, terminal


def senders(session: Session, batches: Sequence[SalesBatch]) -> dict[int, str]:
    """The names of the terminals that sent these, by their ids."""
    ids = {batch.terminal_id for batch in batches}
    rows = session.execute(select(Terminal.id, Terminal.name).where(Terminal.id.in_(ids)))
    return {row[0]: row[1] for row in rows}


def _known(session: Session, sender: Sender, key: str | None, digest: str) -> SalesBatch | None:
    """The batch that came with this key: the terminal's, or the very same of one that it replaced.

    A key of a replaced terminal may have been given again to another body, which is no mistake.
    """
    if key is None:
        return None
    line = terminals.line(session, sender.shop_id, sender.id)
    query = select(SalesBatch).where(
        SalesBatch.idempotency_key == key, SalesBatch.terminal_id.in_(line)
    )
    batches = session.scalars(query.order_by(SalesBatch.id).with_for_update()).all()
    own = (batch for batch in batches if batch.terminal_id == sender.id)
    same = (batch for batch in batches if crypto.same(batch.body_hash, digest))
    return next(own, None) or next(same, None)


def _next_stamp(session: Session, sender: Sender) -> str:
    """This second by the shop's clock on the wall, or the one after those that are taken."""
    now = bulk.now(session).astimezone(ZoneInfo(sender.timezone)).replace(tzinfo=None)
    taken = session.scalar(
        select(func.max(SalesBatch.number_stamp)).where(
            SalesBatch.shop_id == sender.shop_id, SalesBatch.number_stamp >= now.strftime(STAMP)
        )
    )
    if taken is not None:
        now = datetime.strptime(taken, STAMP) + timedelta(seconds=1)  # noqa: DTZ007, no zone in it
    return now.strftime(STAMP)


def _again(session: Session, batch: SalesBatch, digest: str) -> Received:
    if not crypto.same(batch.body_hash, digest):
        raise KeyReused("This Idempotency-Key came with another body; a new batch needs a new key.")
    if batch.status == "done" and batch.refused:
        batch.status, batch.rung_at = "due", bulk.now(session)
        session.flush()
    return Received(
        batch_id=batch.id,
        uuid=batch.uuid,
        status=batch.status,
        result=batch.result if batch.status == "done" else None,
        replayed=True,
    )
