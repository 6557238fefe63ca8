"""The guide's shop (Ma Boutique, number 2, articles 6 and 7) and its till."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from api.bell import Bell
from api.till import sales
from db.models import Product, Sale, SalesBatch, Shop, StockMovement, Terminal
from db.session import reading, writing
from syncs.sales.process import process

SYNC = "/api/v2/simple/ventes/sync/"
SERIAL = "0a1badae951f8473"
OTHERS_SERIAL = "ffffffffffffffff"
THEIRS = 3
"""An article of the other shop."""
PHONE, CASE = 6, 7
"""The guide's articles."""

GUIDE = """[
  {
    "numero_facture": "VENTE-001",
    "mode_paiement": "CASH",
    "paye": true,
    "lignes": [
      {
        "article_id": 6,
        "quantite": 1,
        "prix_unitaire": 40000
      }
    ]
  },
  {
    "numero_facture": "VENTE-002",
    "mode_paiement": "MOBILE_MONEY",
    "paye": true,
    "lignes": [
      {
        "article_id": 7,
        "quantite": 2,
        "prix_unitaire": 25000
      }
    ]
  }
]"""
"""The guide's request, letter for letter."""


def furnish(*, phones: int = 10, cases: int = 10) -> None:
    """Two shops: the guide's is number 2, and its articles 6 and 7 cost 40000 and 25000."""
    with writing() as session:
        for name, serial in (("Autre Boutique", OTHERS_SERIAL), ("Ma Boutique", SERIAL)):
            shop = Shop(name=name, currency="CDF", timezone="Africa/Kinshasa")
            session.add(shop)
            session.flush()
            session.add(
                Terminal(shop_id=shop.id, serial=serial, name="Terminal messie vanza", active=True)
            )
        for ident in range(1, CASE + 1):
            ours = ident in (PHONE, CASE)
            title = {PHONE: "Samsung S24", CASE: "Article X"}.get(ident, f"Autre {ident}")
            price = Decimal(40000 if ident == PHONE else 25000)
            stock = phones if ident == PHONE else cases
            article = Product(shop_id=2 if ours else 1, title=title, price=price, stock=stock)
            session.add(article)
            session.flush()
            session.add(
                StockMovement(product_id=article.id, delta=stock, stock_after=stock, kind="opening")
            )
            assert article.id == ident


class Till:
    """Sends as a till does: with its serial, and no more than it is told to."""

    def __init__(self, app: Flask, serial: str = SERIAL) -> None:
        self.app = app
        self.serial = serial

    def send(self, what: str, **options: Any) -> TestResponse:
        """``send("GET /api/…")``."""
        method, _, path = what.partition(" ")
        headers = {"X-Device-Serial": self.serial} | options.pop("headers", {})
        with self.app.test_client() as client:
            return client.open(path, method=method, headers=headers, **options)

    def post(self, sales: Any, *, prefer: str | None = None, **headers: str) -> TestResponse:
        """Post ``sales``: text and bytes as they are, else as JSON; ``idempotency_key=…``."""
        raw = sales if isinstance(sales, str | bytes) else json.dumps(sales)
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        if prefer is not None:
            told["Prefer"] = prefer
        return self.send(f"POST {SYNC}", data=raw, headers=told)

    def sold(self, sales: Any, **headers: str) -> dict[str, Any]:
        """Post ``sales``, have them worked off, and return the result."""
        posted = self.post(sales, prefer="respond-async", **headers)
        assert posted.status_code == 202, posted.text
        work()
        page = self.send(f"GET {posted.headers['Location']}")
        assert page.status_code == 200, page.text
        result: dict[str, Any] = json.loads(page.data)
        assert "statut" not in result, result
        return result


def sale(number: str | None = None, *lines: tuple[int, int], **values: Any) -> dict[str, Any]:
    """A sale of one phone, unless ``lines`` (article, quantity) say something else."""
    made: dict[str, Any] = {} if number is None else {"numero_facture": number}
    made["lignes"] = [
        {"article_id": article, "quantite": quantity} for article, quantity in lines or [(PHONE, 1)]
    ]
    return made | values


def work() -> int:
    """Work off what is due, as a worker would; how many batches."""
    with reading() as session:
        due = session.scalars(
            select(SalesBatch.id).where(SalesBatch.status == "due").order_by(SalesBatch.id)
        ).all()
    for ident in due:
        assert process(ident) == "done"
    return len(due)


class HeardBell(Bell):
    """Somebody looks without being rung for, so that waiting is not in vain."""

    def __init__(self) -> None:
        super().__init__(ring=lambda *_: True, look=lambda: True)


@contextmanager
def working() -> Iterator[None]:
    """A worker that works off what comes, while the block runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sales, "BELL", HeardBell())
        with _working():
            yield


@contextmanager
def _working() -> Iterator[None]:
    over = threading.Event()
    errors: list[BaseException] = []

    def run() -> None:
        try:
            while not over.wait(0.02):
                work()
        except BaseException as error:  # noqa: BLE001, told by the thread that asked for us
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    assert errors == []


def stock_of(article: int) -> int:
    """What is there; its ledger must say the same."""
    with reading() as session:
        stock = session.get_one(Product, article).stock
        moved = session.scalar(
            select(func.sum(StockMovement.delta)).where(StockMovement.product_id == article)
        )
    assert moved == stock
    return stock


def count(model: type) -> int:
    """How many rows there are."""
    with reading() as session:
        return session.query(model).count()


def numbers() -> list[str]:
    """The numbers of all sales, in their order."""
    with reading() as session:
        return list(session.scalars(select(Sale.invoice_number).order_by(Sale.id)))
