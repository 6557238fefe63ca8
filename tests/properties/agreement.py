"""Whether the store says what the books say: every sale, every movement, every answer."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.catalogue import stock
from db.models import AuditEvent, Product, Reject, Sale, SaleLine, SalesBatch, StockMovement
from db.session import reading
from tests.properties.books import Answer, Batch, Books, Sold


def check(books: Books) -> None:
    """Compare all of it."""
    with reading() as session:
        _sales(session, books)
        _stock(session, books)
        _refusals(session, books)
        _batches(session, books)


def _sales(session: Session, books: Books) -> None:
    found = {(sale.shop_id, sale.invoice_number): sale for sale in session.scalars(select(Sale))}
    assert session.scalar(select(func.count()).select_from(Sale)) == len(found)
    told = {(shop, sold.number): sold for (shop, _), sold in books.sold.items()}
    assert found.keys() == told.keys()
    lines: dict[int, list[SaleLine]] = defaultdict(list)
    for line in session.scalars(select(SaleLine).order_by(SaleLine.sale_id, SaleLine.line_no)):
        lines[line.sale_id].append(line)
    assert len(lines) == len(found)
    for key, sale in found.items():
        _sale(sale, lines[sale.id], told[key])


def _sale(sale: Sale, lines: list[SaleLine], told: Sold) -> None:
    content = told.content
    assert (sale.batch_id, sale.terminal_id, sale.payment_method, sale.paid) == (
        told.batch, told.till, content.method, content.paid,
    )  # fmt: skip
    assert (sale.compared_number or sale.invoice_number, sale.sent_number) == (
        told.number.strip(), told.instead_of,
    )  # fmt: skip
    assert (sale.total, sale.discount, sale.oversold) == (
        told.total, told.discount, told.oversold,
    )  # fmt: skip
    assert sale.sold_at == (content.when or sale.received_at)
    assert [line.line_no for line in lines] == list(range(1, len(lines) + 1))
    assert [(line.product_id, line.quantity, line.unit_price, line.subtotal) for line in lines] == [
        (line.article, line.quantity, price, line.quantity * price)
        for line, price in zip(content.lines, told.prices, strict=True)
    ]


def _stock(session: Session, books: Books) -> None:
    assert stock.verify(session)[1] == []
    found = session.execute(select(Product.id, Product.stock))
    assert {row.id: row.stock for row in found} == {
        ident: article.stock for ident, article in books.articles.items()
    }
    moved = session.execute(
        select(
            StockMovement.sale_id, StockMovement.line_no, StockMovement.product_id,
            StockMovement.delta, StockMovement.kind,
        ).where(StockMovement.kind.in_(("sale", "refund")))
    )  # fmt: skip
    sold = session.execute(
        select(SaleLine.sale_id, SaleLine.line_no, SaleLine.product_id, SaleLine.quantity)
    )
    assert sorted(map(tuple, moved)) == sorted(
        (sale, line, article, -quantity, "sale" if quantity > 0 else "refund")
        for sale, line, article, quantity in sold
    )


def _refusals(session: Session, books: Books) -> None:
    waiting = session.scalars(select(Reject).where(Reject.state == "open"))
    assert sorted(
        ((each.batch_id, each.batch_position, each.external_id, each.code) for each in waiting),
        key=str,
    ) == sorted(
        ((each.batch, each.index, each.number, each.code) for each in books.refused.values()),
        key=str,
    )


def _batches(session: Session, books: Books) -> None:
    found = {batch.id: batch for batch in session.scalars(select(SalesBatch))}
    assert found.keys() == books.batches.keys()
    replaced = defaultdict(list)
    for event in session.scalars(select(AuditEvent).order_by(AuditEvent.id)):
        if event.what == "batch.answered_again":
            replaced[event.subject].append(answer((event.details or {})["before"]))
    for ident, told in books.batches.items():
        _batch(found[ident], told)
        if told.answers:
            earlier = [
                old for old, new in zip(told.answers, told.answers[1:], strict=False) if old != new
            ]
            assert replaced[f"batch {ident}"] == earlier


def _batch(batch: SalesBatch, told: Batch) -> None:
    assert (batch.status, batch.failures, batch.count) == (
        told.status, told.failures, len(told.sales),
    )  # fmt: skip
    assert (batch.result is not None) == bool(told.answers)
    if batch.result is not None:
        assert answer(batch.result) == told.answers[-1]
        assert (batch.accepted, batch.refused) == told.answers[-1].counts[1:]


def answer(result: str) -> Answer:
    """The bytes of an answer, as the books have it."""
    body: dict[str, Any] = json.loads(result)
    counts = body["statistiques"]
    assert body["success"] is True
    return Answer(
        (counts["total_envoyees"], counts["reussies"], counts["erreurs"]),
        tuple(
            (made["numero_facture"], Decimal(made["montant_total"]), "deja_enregistree" in made)
            for made in body["ventes_creees"]
        ),
        tuple(
            (error["index"], error["numero_facture"], _code(error))
            for error in body["ventes_erreurs"] or ()
        ),
    )


def _code(error: dict[str, Any]) -> str:
    named = re.search(r"Article \d+ |Article \d+$", error["erreur"])
    return f"{error['code']} {named[0].split()[1]}" if named else error["code"]
