"""Refused records as operators see them: a line in a list, or one with what was received."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from core.document import Json
from db.models import Reject as Row
from db.tills import batches, history
from db.tills.history import Sold
from db.work import rejects
from syncs.sales.answers import amount
from syncs.sales.decide import CONFLICT
from syncs.views.shapes import Amount, Id, Shape, Text

RejectState = Literal["open", "replayed", "discarded"]


class RejectLine(Shape):
    """A refused record in a list, without what was received."""

    id: Id
    sync: str
    run_id: Id | None
    batch_id: Id | None = Field(description="Of a sale that was refused: what it came in.")
    batch_position: Id | None = Field(description="Its place in the batch, from 1.")
    external_id: Text
    code: str
    field: str
    message: str
    state: RejectState
    reason: Text
    created_at: datetime
    updated_at: datetime


class Named(Shape):
    """A shop or a terminal."""

    id: Id
    name: str


class RecordedLine(Shape):
    """An article of a sale; amounts are in the shop's currency."""

    product_id: Id
    title: str
    quantity: int
    unit_price: Amount
    list_price: Amount
    subtotal: Amount


class RecordedSale(Shape):
    """A sale, without its customer; `terminal` is the till's name."""

    id: Id
    invoice_number: str
    payment_method: str
    paid: bool
    total: Amount
    discount: Amount | None
    sold_at: datetime
    received_at: datetime
    terminal: str
    lines: list[RecordedLine]


class Reject(RejectLine):
    """A refused record."""

    shop: Named | None = Field(default=None, description="Of a sale: where it was made.")
    terminal: Named | None = Field(default=None, description="Of a sale: which till sent it.")
    conflicts_with: RecordedSale | None = Field(
        default=None, description="Of a CONFLIT_FACTURE: the sale that has its number."
    )
    payload: Any = Field(default=None, description="What was received; operators see it.")


def recent(
    session: Session, *, sync: str | None = None, state: str | None = "open",
    code: str | None = None, before: int | None = None, limit: int = 50,
) -> list[RejectLine]:  # fmt: skip
    """Rejects, newest first; ``before`` is the id the last page ended with."""
    rows = rejects.recent(session, sync=sync, state=state, code=code, before=before, limit=limit)
    return [RejectLine.of(reject) for reject in rows]


def find(session: Session, reject_id: int, *, opened: bool) -> Reject:
    """The reject, with what was received, which may be personal, only when it is ``opened``;
    ``NotFoundError`` when there is none.
    """
    reject = rejects.find(session, reject_id)
    values = RejectLine.of(reject).dump() | _of_sale(session, reject)
    return Reject(**values, payload=rejects.payload(reject)) if opened else Reject(**values)


def _of_sale(session: Session, reject: Row) -> Json:
    """Where a refused sale comes from, and the one it is in conflict with; nothing of a record."""
    if reject.batch_id is None:
        return {}
    shop, terminal = batches.origin(session, reject.batch_id)
    sold = None
    if reject.code == CONFLICT and reject.external_id is not None:
        sold = history.under(session, shop.id, reject.external_id)
    return {
        "shop": Named(id=shop.id, name=shop.name),
        "terminal": Named(id=terminal.id, name=terminal.name),
        "conflicts_with": None if sold is None else _sold(sold),
    }


def _sold(sale: Sold) -> RecordedSale:
    lines = [
        RecordedLine(
            product_id=line.product_id,
            title=line.title,
            quantity=line.quantity,
            unit_price=amount(line.unit_price),
            list_price=amount(line.list_price),
            subtotal=amount(line.subtotal),
        )
        for line in sale.lines
    ]
    return RecordedSale(
        id=sale.id,
        invoice_number=sale.invoice_number,
        payment_method=sale.payment_method,
        paid=sale.paid,
        total=amount(sale.total),
        discount=None if sale.discount is None else amount(sale.discount),
        sold_at=sale.sold_at,
        received_at=sale.received_at,
        terminal=sale.terminal,
        lines=lines,
    )
