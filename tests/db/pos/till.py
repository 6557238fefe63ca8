"""A vendor's till: tickets as values, and pages of them as the store takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from connectors.families import Item, Payment, Product, Transaction
from db import bulk
from db.models import PosItem, PosPayment, PosTransaction
from db.pos import PRODUCTS, transactions
from db.records import links
from db.records.kind import AnyKind
from db.records.plan import Context, Plan, Row
from db.records.stored import compare
from db.records.write import apply
from db.session import reading, writing
from syncs.sources import pos

SOURCE = "square"
NOON = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
COFFEE = Item(
    id="i1", product_id="P1", sku=None, name="Café", quantity=Decimal(2), price=Decimal("2.50"),
    discount=Decimal(0), tax=Decimal("0.45"), tax_rate=Decimal(10), total=Decimal(5),
)  # fmt: skip
CARD = Payment(id="p1", method="card", amount=Decimal("5.50"), tip=Decimal("0.50"))
TICKET = Transaction(
    id="T1", status="completed", raw_status="COMPLETED", location="L1", currency="EUR",
    total=Decimal("5.50"), tax=Decimal("0.45"), discount=Decimal(0), tip=Decimal("0.50"),
    refunded=Decimal(0), opened_at=NOON, closed_at=NOON, modified_at=NOON, customer_id="C1",
    version=1, items=(COFFEE,), payments=(CARD,), timezone="Europe/Paris",
)  # fmt: skip


def ticket(**values: Any) -> Transaction:
    """A coffee for two, save for these values."""
    return replace(TICKET, **values)


def item(**values: Any) -> Item:
    """Two coffees, save for these values."""
    return replace(COFFEE, **values)


def kind(shops: Mapping[str, int] | None = None, *, stock: bool = False) -> AnyKind:
    """The kind of tickets whose locations are these shops."""
    return transactions(shops=shops or {}, stock=stock)


def bring(of: AnyKind, *tickets: Transaction, run: int = 1) -> Plan:
    """Write a page of tickets."""
    return write(of, [pos.transaction_row(each) for each in tickets], run)


def sell(*products: Product) -> Plan:
    """Write a page of the till's catalogue."""
    return write(PRODUCTS, [pos.product_row(each) for each in products], 1)


def write(of: AnyKind, rows: list[Row], run: int) -> Plan:
    """Write a page of rows."""
    with writing() as session:
        context = of.context(session, Context(source=SOURCE, run_id=run, now=bulk.now(session)))
        for row in rows:
            row.hash = f"{of.version}.{context.world}.{hash(repr(row))}"[:64]
        known = links.known(session, of, SOURCE, {row.external_id for row in rows})
        plan = compare(session, of, rows, known, context)
        apply(session, of, plan, context)
        return plan


def stored(key: str = "T1") -> PosTransaction:
    """A ticket as the store has it."""
    with reading() as session:
        query = select(PosTransaction).where(PosTransaction.external_id == key)
        return session.scalars(query).one()


def items(key: str = "T1") -> list[PosItem]:
    """Its items."""
    with reading() as session:
        query = select(PosItem).where(PosItem.transaction_id == stored(key).id)
        return list(session.scalars(query.order_by(PosItem.position)))


def payments(key: str = "T1") -> list[PosPayment]:
    """Its payments."""
    with reading() as session:
        query = select(PosPayment).where(PosPayment.transaction_id == stored(key).id)
        return list(session.scalars(query.order_by(PosPayment.position)))
