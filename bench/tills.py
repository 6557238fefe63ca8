"""Tills to measure with: shops that sell, their articles, and the batches of sales they send."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count, cycle, islice
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import bulk
from db.catalogue import shops, stock
from db.models import Product, Sale, StockMovement
from db.tills import terminals

SALES = 100
"""In a batch."""
LINES = 2
"""In a sale."""
STOCK = 10**9


@dataclass(frozen=True)
class Till:
    """A terminal and what its shop sells; ``id`` and ``shop_id`` as batches ask for them."""

    id: int
    shop_id: int
    serial: str
    articles: Sequence[int] = field(repr=False)
    timezone: str = "Africa/Kinshasa"
    numbers: Iterator[int] = field(default_factory=lambda: count(1), repr=False)

    def batch(self, sales: int = SALES) -> bytes:
        """What it sends next: numbered sales of two articles, one at its price, one at ours."""
        return json.dumps([self._sale(number) for number in islice(self.numbers, sales)]).encode()

    def _sale(self, number: int) -> dict[str, Any]:
        made = random.Random(f"{self.serial}-{number}")
        told, listed = made.sample(self.articles, LINES)
        return {
            "numero_facture": f"{self.serial}-{number:08}",
            "mode_paiement": made.choice(("CASH", "MOBILE_MONEY", "CARTE")),
            "paye": True,
            "lignes": [
                {"article_id": told, "quantite": made.randint(1, 3), "prix_unitaire": 2500.5},
                {"article_id": listed, "quantite": 1},
            ],
        }


Sent = list[tuple[Till, bytes]]


def open_shops(session: Session, *, number: int, tills: int, articles: int) -> list[Till]:
    """``number`` shops with ``articles`` each; ``tills`` tills, shop by shop in turn."""
    opened = [shops.add(session, name=f"Bench {place}") for place in range(1, number + 1)]
    shelves = {shop.id: _articles(session, shop.id, articles) for shop in opened}
    return [
        add_till(session, shop.id, shelves[shop.id], serial=f"bench-{place}")
        for place, shop in zip(range(1, tills + 1), cycle(opened), strict=False)
    ]


def add_till(session: Session, shop_id: int, articles: Sequence[int], *, serial: str) -> Till:
    """A till of the shop that sells ``articles``."""
    made = terminals.add(session, shop_id=shop_id, serial=serial, name=serial)
    return Till(made.id, shop_id, serial, articles)


def in_turn(sending: Sequence[Till], number: int) -> Sent:
    """So many batches, made before a clock starts."""
    return [(till, till.batch()) for till in islice(cycle(sending), number)]


def check(session: Session, sales: int) -> None:
    """What was measured was done: so many sales are there, and each stock is its ledger's sum."""
    found = session.scalar(select(func.count()).select_from(Sale))
    assert found == sales, f"{found} sales are in the store, {sales} were sent"
    _, wrong = stock.verify(session)
    assert not wrong, wrong[:3]


def _articles(session: Session, shop_id: int, number: int) -> list[int]:
    now = bulk.now(session)
    ids = list(bulk.reserve_ids(session, Product, number))
    for ident in ids:
        session.add(
            Product(
                id=ident, shop_id=shop_id, title=f"Article {ident}", price=Decimal("1999.99"),
                stock=STOCK, created_at=now, updated_at=now,
            )
        )  # fmt: skip
    session.flush()
    for ident in ids:
        session.add(
            StockMovement(product_id=ident, delta=STOCK, stock_after=STOCK, kind="opening", at=now)
        )
    session.flush()
    return ids
