"""What a shop sold in a period: by day, by means of payment, by article.

Where a shop's day begins is for Python to know (``db.tills.days``), so that both databases count
the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Sale, SaleLine
from db.tills.days import Bounds, number, table, within
from db.tills.sums import total


@dataclass(frozen=True, slots=True)
class Figure:
    """The sales of one day that were paid in one way; ``day`` counts from 0, amounts in the shop's
    currency. ``refunds``: how many of them give money back.
    """

    day: int
    payment_method: str
    paid: bool
    count: int
    refunds: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Moved:
    """An article under its newest name: pieces sold less pieces taken back, and its lines' sum.

    A sale's discount is no article's.
    """

    product_id: int
    title: str
    quantity: int
    amount: Decimal


def figures(session: Session, shop_id: int, days: Sequence[Bounds]) -> list[Figure]:
    """What was sold on each of ``days``, at least one, which follow one another.

    A day without sales has no figure.
    """
    run = table(days)
    group = (number(run, Sale.sold_at), Sale.payment_method, Sale.paid)
    query = (
        select(*group, func.count(), func.count().filter(Sale.total < 0), total(Sale.total))
        .join(run, within(run, Sale.sold_at))
        # The ends again, as values: whatever is known of the table, no other sale is looked at.
        .where(Sale.shop_id == shop_id, Sale.sold_at >= days[0][0], Sale.sold_at < days[-1][1])
        .group_by(*group)
        .order_by(*group)
    )
    return [Figure(*row) for row in session.execute(query)]


def articles(
    session: Session, shop_id: int, period: Bounds, *, limit: int
) -> tuple[int, list[Moved]]:
    """How many pieces were sold in ``period``, and the ``limit`` articles of most pieces."""
    start, stop = period
    query = (
        select(
            SaleLine.product_id,
            func.sum(SaleLine.quantity),
            total(SaleLine.subtotal),
            func.max(SaleLine.id),
        )
        .join(Sale, Sale.id == SaleLine.sale_id)
        .where(Sale.shop_id == shop_id, Sale.sold_at >= start, Sale.sold_at < stop)
        .group_by(SaleLine.product_id)
    )
    # PostgreSQL sums whole numbers as NUMERIC.
    rows = [
        (int(sold), amount, ident, line) for ident, sold, amount, line in session.execute(query)
    ]
    most = sorted((row for row in rows if row[0] > 0), key=lambda row: (-row[0], -row[1], row[2]))
    titles = _titles(session, shop_id, [line for *_, line in most[:limit]])
    top = [Moved(ident, titles[line], sold, amount) for sold, amount, ident, line in most[:limit]]
    return sum(sold for sold, *_ in rows), top


def _titles(session: Session, shop_id: int, line_ids: Sequence[int]) -> dict[int, str]:
    query = (
        select(SaleLine.id, SaleLine.title)
        .join(Sale, Sale.id == SaleLine.sale_id)
        .where(Sale.shop_id == shop_id, SaleLine.id.in_(line_ids))
    )
    return dict(session.execute(query).all())
