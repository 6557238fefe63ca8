"""The stock ledger: movements, and the check that stock is their sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from db import bulk
from db.models import Product, Sale, SaleLine, StockMovement
from db.records.plan import Context

COLUMNS = ("product_id", "delta", "stock_after", "kind", "run_id", "at")
_OPEN = (
    "INSERT INTO stock_movements (product_id, delta, stock_after, kind, run_id, at) "
    "SELECT id, stock, stock, 'opening', ?, ? FROM products WHERE id IN ?*"
)


@dataclass(frozen=True)
class Mismatch:
    """A product whose stock is not the sum of its movements."""

    product_id: int
    stock: int
    ledger: int


@dataclass(frozen=True)
class SaleMismatch:
    """A line of a sale and what it moved do not agree: ``sold`` pieces of ``product_id`` (None:
    there is no such line), ``moved`` out of ``moved_product_id`` (None: nothing was).
    """

    sale_id: int | None
    line_no: int | None
    product_id: int | None
    sold: int | None
    moved_product_id: int | None
    moved: int | None


def open_ledgers(session: Session, product_ids: Sequence[int], context: Context) -> None:
    """First sight of products: one opening movement each, of the stock they came with."""
    at = bulk.Codec(session).moment(context.now)
    bulk.update_among(session, _OPEN, (context.run_id, at), product_ids)


def record(session: Session, moves: list[tuple[int, int, int]], context: Context) -> None:
    """Write a source's changes as movements: (product id, delta, stock after)."""
    at = bulk.Codec(session).moment(context.now)
    rows = [(ident, delta, after, "sync", context.run_id, at) for ident, delta, after in moves]
    bulk.insert(session, StockMovement, COLUMNS, rows)


def adjust(session: Session, product_id: int, delta: int, reason: str) -> int:
    """A person's correction, with its reason; the stock after it."""
    product = session.scalars(
        select(Product).where(Product.id == product_id).with_for_update()
    ).one_or_none()
    if product is None:
        raise NotFoundError("product", product_id)
    product.stock += delta
    # Tills read what changed since their last read.
    product.updated_at = bulk.now(session)
    movement = StockMovement(
        product_id=product_id,
        delta=delta,
        stock_after=product.stock,
        kind="adjustment",
        reason=reason,
    )
    session.add(movement)
    session.flush()
    return product.stock


def verify(session: Session) -> tuple[int, list[Mismatch]]:
    """How many products there are, and those whose stock their ledger does not explain."""
    ledger = (
        select(StockMovement.product_id, func.sum(StockMovement.delta).label("total"))
        .group_by(StockMovement.product_id)
        .subquery()
    )
    total = func.coalesce(ledger.c.total, 0)
    wrong = session.execute(
        select(Product.id, Product.stock, total)
        .outerjoin(ledger, ledger.c.product_id == Product.id)
        .where(Product.stock != total)
        .order_by(Product.id)
    )
    mismatches = [Mismatch(ident, stock, int(balance)) for ident, stock, balance in wrong]
    return session.scalar(select(func.count()).select_from(Product)) or 0, mismatches


def verify_sales(session: Session) -> tuple[int, list[SaleMismatch]]:
    """How many sales there are, and where lines and movements are not one to one. That a line has
    no second movement, the database itself sees to.
    """
    line, move = SaleLine, StockMovement
    pair = and_(move.sale_id == line.sale_id, move.line_no == line.line_no)
    differs = or_(
        move.id.is_(None), move.product_id != line.product_id, move.delta != -line.quantity
    )
    unmoved = session.execute(
        select(
            line.sale_id, line.line_no, line.product_id, line.quantity, move.product_id, -move.delta
        )
        .outerjoin(move, pair)
        .where(differs)
        .order_by(line.sale_id, line.line_no)
    )
    of_sales = or_(move.sale_id.is_not(None), move.kind.in_(("sale", "refund")))
    unsold = session.execute(
        select(move.sale_id, move.line_no, move.product_id, -move.delta)
        .outerjoin(line, pair)
        .where(of_sales, line.id.is_(None))
        .order_by(move.id)
    )
    mismatches = [SaleMismatch(*row) for row in unmoved]
    mismatches += [
        SaleMismatch(sale_id, line_no, None, None, product_id, moved)
        for sale_id, line_no, product_id, moved in unsold
    ]
    return session.scalar(select(func.count()).select_from(Sale)) or 0, mismatches


def movements(session: Session, product_id: int, *, limit: int = 50) -> list[StockMovement]:
    """A product's newest movements, newest first."""
    return list(
        session.scalars(
            select(StockMovement)
            .where(StockMovement.product_id == product_id)
            .order_by(StockMovement.id.desc())
            .limit(limit)
        )
    )
