"""A shop with a till and two articles: the guide's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select

from db.catalogue import stock
from db.models import Product, Reject, Sale, SaleLine, Shop, StockMovement, Terminal
from db.models.base import Base
from db.session import reading, writing
from db.tills import batches
from syncs.sales.process import process

PHONE, CASE = 6, 7


@dataclass
class Till:
    """A terminal of a shop, as ``batches.receive`` wants it, and what one does with it."""

    id: int
    shop_id: int
    timezone: str = "Europe/Paris"

    def receive(self, *sales: Any, key: str | None = None) -> batches.Received:
        """Keep a batch, as the endpoint does."""
        numbered = all(isinstance(sale, dict) and sale.get("numero_facture") for sale in sales)
        with writing() as session:
            return batches.receive(
                session, self, body=json.dumps(sales).encode(), count=len(sales),
                numbered=numbered, key=key,
            )  # fmt: skip

    def send(self, *sales: Any, key: str | None = None) -> dict[str, Any]:
        """The answer of a batch that is worked off."""
        received = self.receive(*sales, key=key)
        process(received.batch_id)
        return self.answer(received.batch_id)

    def answer(self, batch_id: int) -> dict[str, Any]:
        """What is kept for the till."""
        with reading() as session:
            found: dict[str, Any] = json.loads(batches.look(session, batch_id).result or "null")
        return found


def sale(number: str | None = "V-1", *lines: tuple[int, int], **fields: Any) -> dict[str, Any]:
    """A sale of (article, quantity) lines; one phone unless said otherwise."""
    told = lines or ((PHONE, 1),)
    return {
        "numero_facture": number,
        "lignes": [{"article_id": ident, "quantite": quantity} for ident, quantity in told],
        **fields,
    }


@pytest.fixture
def till(store) -> Till:
    """The guide's till: shop 2, "Ma Boutique", ten phones at 40000 and five cases at 25000."""
    with writing() as session:
        session.add(Shop(id=1, name="Autre Boutique"))
        session.add(Shop(id=2, name="Ma Boutique", currency="CDF"))
        session.flush()
        for ident, title, price, pieces, shop in (
            (PHONE, "Samsung S24", 40000, 10, 2),
            (CASE, "Coque", 25000, 5, 2),
            (8, "Article d’ailleurs", 100, 50, 1),
        ):
            session.add(Product(id=ident, shop_id=shop, title=title, price=price))
            session.flush()
            stock.adjust(session, ident, pieces, "start")
        session.add(Terminal(id=1, shop_id=2, serial="0a1b", name="Terminal messie vanza"))
        session.add(Terminal(id=2, shop_id=1, serial="0a1c", name="Terminal d’ailleurs"))
    return Till(1, 2)


@pytest.fixture
def other_till(till) -> Till:
    """A till of the other shop."""
    return Till(2, 1)


@pytest.fixture
def beside(till) -> Till:
    """Another till of the same shop."""
    with writing() as session:
        session.add(Terminal(id=3, shop_id=2, serial="0a1d", name="Caisse 2"))
    return Till(3, 2)


def stock_of(ident: int) -> int:
    with reading() as session:
        return session.scalars(select(Product.stock).where(Product.id == ident)).one()


def set_policy(shop_id: int, policy: str) -> None:
    with writing() as session:
        session.get_one(Shop, shop_id).stock_policy = policy


def adjust(ident: int, delta: int) -> None:
    with writing() as session:
        stock.adjust(session, ident, delta, "test")


def count(model: type[Base]) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def sales() -> Sequence[Sale]:
    with reading() as session:
        return session.scalars(select(Sale).order_by(Sale.id)).all()


def lines() -> Sequence[SaleLine]:
    with reading() as session:
        return session.scalars(select(SaleLine).order_by(SaleLine.id)).all()


def moves(ident: int) -> list[tuple[str, int, int]]:
    """(kind, delta, stock after) of a product, oldest first."""
    with reading() as session:
        found = session.scalars(
            select(StockMovement)
            .where(StockMovement.product_id == ident)
            .order_by(StockMovement.id)
        )
        return [(move.kind, move.delta, move.stock_after) for move in found]


def open_rejects() -> Sequence[Reject]:
    with reading() as session:
        query = select(Reject).where(Reject.state == "open").order_by(Reject.id)
        return session.scalars(query).all()


@pytest.fixture(autouse=True)
def the_ledger_holds(store):
    """Whatever a test did: every stock is the sum of its movements."""
    yield
    with reading() as session:
        assert stock.verify(session)[1] == []


def codes(answer) -> list[str]:
    return [error["code"] for error in answer["ventes_erreurs"] or ()]


def sold() -> list[tuple[str, int]]:
    """(number, terminal) of each sale, oldest first."""
    return [(each.invoice_number, each.terminal_id) for each in sales()]


@pytest.fixture
def conflict(till, beside) -> Reject:
    """Both tills sold a phone as number 000001."""
    till.send(sale("000001"))
    beside.send(sale("000001"))
    (reject,) = open_rejects()
    return reject


def add(ident: int, name: str, shop_id: int = 2) -> Till:
    with writing() as session:
        session.add(Terminal(id=ident, shop_id=shop_id, serial=f"s-{ident}", name=name))
    return Till(ident, shop_id)
