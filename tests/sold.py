"""Shops, tills, articles and sales as rows, for tests that read what was sold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from db.models import Product, Sale, SaleLine, SalesBatch, Shop, Terminal
from db.session import reading, writing

numbers = count(1)
Line = tuple[int, int, str]
"""Article, quantity, unit price."""


def shop(name: str = "Ma Boutique", **values: Any) -> int:
    """A shop with a till of its own; the shop's id."""
    with writing() as session:
        found = Shop(name=name, **values)
        session.add(found)
        session.flush()
        till(session, found.id)
        return found.id


def till(session: Session, shop_id: int, name: str | None = None) -> int:
    """Another till of the shop, with a batch that its sales came in."""
    number = next(numbers)
    found = Terminal(shop_id=shop_id, serial=f"serial-{number}", name=name or f"Caisse {shop_id}")
    session.add(found)
    session.flush()
    session.add(
        SalesBatch(
            uuid=str(number), shop_id=shop_id, terminal_id=found.id, body_hash="", body="", count=1
        )
    )
    session.flush()
    return found.id


def serial(shop_id: int) -> str:
    """By which the shop's first till is known."""
    with reading() as session:
        query = session.query(Terminal.serial).filter_by(shop_id=shop_id).order_by(Terminal.id)
        return str(query.limit(1).scalar())


def revoke(shop_id: int) -> None:
    """The shop's tills are out of use."""
    with writing() as session:
        session.query(Terminal).filter_by(shop_id=shop_id).update({"active": False})


def article(shop_id: int, title: str = "Riz", price: str = "2.50", **values: Any) -> int:
    """A product of the shop, 10 in stock."""
    with writing() as session:
        found = Product(
            shop_id=shop_id, title=title, price=Decimal(price), **{"stock": 10, **values}
        )
        session.add(found)
        session.flush()
        return found.id


def sale(shop_id: int, at: datetime, lines: Sequence[Line] = (), **values: Any) -> int:
    """A sale of the shop's first till at ``at``; without lines of one article for 1.00."""
    with writing() as session:
        return add_sale(session, shop_id, at, lines or [(_first(session, shop_id), 1, "1")], values)


def add_sale(
    session: Session, shop_id: int, at: datetime, lines: Sequence[Line], values: dict[str, Any]
) -> int:
    """The same in a transaction of the caller's."""
    batch = session.query(SalesBatch).filter_by(shop_id=shop_id).order_by(SalesBatch.id).first()
    assert batch is not None
    total = sum((quantity * Decimal(price) for _, quantity, price in lines), Decimal(0))
    discount = values.get("discount")
    found = Sale(
        **{
            "shop_id": shop_id,
            "batch_id": batch.id,
            "terminal_id": batch.terminal_id,
            "invoice_number": f"V-{next(numbers)}",
            "payment_method": "CASH",
            "paid": True,
            "total": total - (discount or 0),
            "sold_at": at,
            "received_at": at,
            "content_hash": "",
            **values,
        }
    )
    session.add(found)
    session.flush()
    for line_no, (product_id, quantity, price) in enumerate(lines, 1):
        product = session.get_one(Product, product_id)
        line = SaleLine(
            sale_id=found.id,
            line_no=line_no,
            product_id=product_id,
            title=product.title,
            quantity=quantity,
            unit_price=Decimal(price),
            list_price=product.price,
            subtotal=quantity * Decimal(price),
        )
        session.add(line)
    session.flush()
    return found.id


def _first(session: Session, shop_id: int) -> int:
    found = session.query(Product.id).filter_by(shop_id=shop_id).order_by(Product.id).first()
    if found is not None:
        return int(found[0])
    product = Product(shop_id=shop_id, title="Riz", price=Decimal("2.50"), stock=10)
    session.add(product)
    session.flush()
    return product.id
