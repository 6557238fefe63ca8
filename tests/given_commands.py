"""Commands in the store: put there, looked at, and made older."""

from __future__ import annotations

from sqlalchemy import select, update

from db.models import AuditEvent, OutboxCommand
from db.session import reading, writing
from db.types import db_now
from db.work import outbox, outbox_claims
from syncs.outbox import queue_for_later, send


def price(sku: str = "CAFE", amount: str = "2.40") -> dict[str, object]:
    return {"sku": sku, "price": amount, "currency": "EUR"}


def put(*prices: dict[str, object], key: str | None = None) -> int:
    return queue_for_later("toy", "push_prices", prices or [price()], key=key).outbox_id


def row(ident: int) -> OutboxCommand:
    with reading() as session:
        return outbox.find(session, ident)


def carry_out(ident: int) -> str | None:
    """One try, whatever the last one has to wait for."""
    change(ident, not_before=None)
    return send.carry_out(ident).state


def change(ident: int, **values: object) -> None:
    with writing() as session:
        session.execute(update(OutboxCommand).where(OutboxCommand.id == ident).values(**values))


def died(ident: int) -> None:
    """Whoever was at it was killed between its call and its note, and the lease is over."""
    with writing() as session:
        assert outbox_claims.claim(session, ident, seconds=10) is not None
    change(ident, lease_until=db_now(-1))


def rung() -> list[int]:
    with writing() as session:
        return outbox_claims.to_ring(session, quiet=-1)


def audited() -> list[tuple[str, str, str | None]]:
    """What was done with commands, in order: the act, the command, why."""
    with reading() as session:
        events = session.scalars(select(AuditEvent).order_by(AuditEvent.id))
        return [(each.what, each.subject, each.why) for each in events]
