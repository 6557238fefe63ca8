"""The reference of the sales: a plain loop over the ORM, one commit a sale, and nothing slower.

It begins with the batches in memory, and has no HTTP, no queue, no seal, no answer and no books.
A sale has the same effects as ours: its number looked up, its articles read and locked in id order
by one statement, sale, lines and movements inserted as the ORM groups them, the stocks set. One
connection serves the whole loop, and is not asked each time whether it still lives.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.tills import Sent, Till
from db.models import Product, Sale, SaleLine, SalesBatch, StockMovement
from db.session import PATIENCE, WRITES, engine, writing


def sell(sent: Sent, batch_id: int) -> None:
    """Every sale of ``sent``, under ``batch_id``, each in a transaction of its own."""
    writer = engine().execution_options(**{WRITES: PATIENCE})
    with writer.connect() as connection, Session(connection, expire_on_commit=False) as session:
        for till, body in sent:
            for sale in json.loads(body, parse_float=Decimal):
                _sell(session, till, batch_id, sale)
                session.commit()


def open_batch(till: Till) -> int:
    """The row that sales belong to, made before the clock starts."""
    with writing() as session:
        batch = SalesBatch(
            uuid=f"reference-{till.id}", shop_id=till.shop_id, terminal_id=till.id, status="done",
            body_hash="", body="", count=0,
        )  # fmt: skip
        session.add(batch)
        session.flush()
        return batch.id


def _sell(session: Session, till: Till, batch_id: int, raw: dict[str, Any]) -> None:
    number, wanted = raw["numero_facture"], raw["lignes"]
    known = select(Sale.id).where(Sale.shop_id == till.shop_id, Sale.invoice_number == number)
    if session.scalar(known) is not None:
        return
    articles = _articles(session, till, [line["article_id"] for line in wanted])
    now = datetime.now(UTC)
    lines = [_line(place, line, articles) for place, line in enumerate(wanted, 1)]
    sale = Sale(
        shop_id=till.shop_id,
        batch_id=batch_id,
        terminal_id=till.id,
        invoice_number=number,
        payment_method=raw["mode_paiement"],
        paid=raw["paye"],
        total=sum((line.subtotal for line in lines), Decimal(0)),
        sold_at=now,
        received_at=now,
        content_hash=hashlib.sha256(json.dumps(raw, default=str).encode()).hexdigest(),
    )
    session.add(sale)
    session.flush()
    for line in lines:
        line.sale_id = sale.id
        article = articles[line.product_id]
        article.stock -= line.quantity
        article.updated_at = now
        session.add(line)
        session.add(
            StockMovement(
                product_id=article.id, delta=-line.quantity, stock_after=article.stock,
                kind="sale", sale_id=sale.id, line_no=line.line_no, at=now,
            )
        )  # fmt: skip


def _articles(session: Session, till: Till, ids: Sequence[int]) -> dict[int, Product]:
    query = (
        select(Product)
        .where(Product.id.in_(ids), Product.shop_id == till.shop_id)
        .order_by(Product.id)
        .with_for_update()
    )
    return {article.id: article for article in session.scalars(query)}


def _line(place: int, raw: dict[str, Any], articles: dict[int, Product]) -> SaleLine:
    article = articles[raw["article_id"]]
    price, quantity = Decimal(raw.get("prix_unitaire", article.price)), raw["quantite"]
    if quantity > article.stock:
        raise ValueError(f"too little of {article.title}")
    return SaleLine(
        line_no=place, product_id=article.id, title=article.title, quantity=quantity,
        unit_price=price, list_price=article.price, subtotal=price * quantity,
    )  # fmt: skip
