"""The stock of a product as operators see it, with the movements that explain it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core.errors import NotFoundError
from db.catalogue import stock
from db.models import Product
from syncs.views.shapes import Id, Shape, Text


class Movement(Shape):
    """One change of a stock and the stock after it."""

    id: Id
    at: datetime
    kind: str
    delta: int
    stock_after: int
    run_id: int | None
    sale_id: int | None
    pos_transaction_id: int | None
    reason: Text


class Stock(Shape):
    """A product's stock and its newest movements, newest first."""

    product_id: Id
    title: str
    stock: int
    movements: list[Movement]


def find(session: Session, product_id: int, *, limit: int = 50) -> Stock:
    """The stock of a product; ``NotFoundError`` when there is none."""
    product = session.get(Product, product_id)
    if product is None:
        raise NotFoundError("product", product_id)
    return Stock(
        product_id=product_id,
        title=product.title,
        stock=product.stock,
        movements=[Movement.of(each) for each in stock.movements(session, product_id, limit=limit)],
    )
