"""A shop's sales as its tills may read them again, without their customers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from core.canonical import canonical
from db.models import Sale, SaleLine, Terminal


@dataclass(frozen=True, kw_only=True, slots=True)
class SoldLine:
    """One article of a sale, named as it was sold."""

    product_id: int
    title: str
    quantity: int
    unit_price: Decimal
    list_price: Decimal
    subtotal: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Sold:
    """A sale with its lines; ``terminal`` is the till's name."""

    id: int
    invoice_number: str
    payment_method: str
    paid: bool
    total: Decimal
    discount: Decimal | None
    sold_at: datetime
    received_at: datetime
    terminal: str
    lines: Sequence[SoldLine]


_SALE = (
    Sale.id, Sale.invoice_number, Sale.payment_method, Sale.paid, Sale.total, Sale.discount,
    Sale.sold_at, Sale.received_at, Terminal.name.label("terminal"),
)  # fmt: skip
_LINE = (
    SaleLine.product_id, SaleLine.title, SaleLine.quantity, SaleLine.unit_price,
    SaleLine.list_price, SaleLine.subtotal,
)  # fmt: skip


def recent(
    session: Session,
    shop_id: int,
    *,
    start: datetime | None = None,
    stop: datetime | None = None,
    before: tuple[datetime, int] | None = None,
    limit: int,
) -> list[Sold]:
    """Sales of ``shop_id``, newest first: sold at ``start`` or later, earlier than ``stop``.

    ``before`` is ``(sold_at, id)`` of the sale the last page ended with.
    """
    query = (
        select(*_SALE)
        .join(Terminal, Terminal.id == Sale.terminal_id)
        .where(Sale.shop_id == shop_id)
        .order_by(Sale.sold_at.desc(), Sale.id.desc())
        .limit(limit)
    )
    rows = session.execute(query.where(*_within(start, stop, before))).all()
    lines = _lines(session, shop_id, [row.id for row in rows])
    return [Sold(**row._asdict(), lines=lines[row.id]) for row in rows]


def under(session: Session, shop_id: int, number: str) -> Sold | None:
    """The sale of ``shop_id`` that has this number, however it is spelled."""
    compared = func.coalesce(Sale.compared_number, Sale.invoice_number)
    row = session.execute(
        select(*_SALE)
        .join(Terminal, Terminal.id == Sale.terminal_id)
        .where(compared == canonical(number), Sale.shop_id == shop_id)
    ).one_or_none()
    if row is None:
        return None
    return Sold(**row._asdict(), lines=_lines(session, shop_id, [row.id])[row.id])


def _within(
    start: datetime | None, stop: datetime | None, before: tuple[datetime, int] | None
) -> Iterator[ColumnElement[bool]]:
    if start is not None:
        yield Sale.sold_at >= start
    if stop is not None:
        yield Sale.sold_at < stop
    if before is not None:
        at, ident = before
        # The first condition is the index's: no database sees it in the second alone.
        yield Sale.sold_at <= at
        yield or_(Sale.sold_at < at, Sale.id < ident)


def _lines(session: Session, shop_id: int, sale_ids: Sequence[int]) -> dict[int, list[SoldLine]]:
    lines: dict[int, list[SoldLine]] = defaultdict(list)
    if sale_ids:
        query = (
            select(SaleLine.sale_id, *_LINE)
            .join(Sale, Sale.id == SaleLine.sale_id)
            .where(Sale.shop_id == shop_id, SaleLine.sale_id.in_(sale_ids))
            .order_by(SaleLine.sale_id, SaleLine.line_no)
        )
        for sale_id, product_id, title, quantity, unit, listed, subtotal in session.execute(query):
            lines[sale_id].append(
                SoldLine(
                    product_id=product_id,
                    title=title,
                    quantity=quantity,
                    unit_price=unit,
                    list_price=listed,
                    subtotal=subtotal,
                )
            )
    return lines
