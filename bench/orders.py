"""The reference for tickets: Square's order pages to rows, as a person would write it.

The same pages, the same rows as the engine's (ticket, items, payments), the same tables, indexes
and PRAGMAs, the driver's own executemany, ids given, a commit a page; no validation, no hash, no
bookkeeping, and no shop looked up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import requests

from bench.bare import HASH
from db.pos.shape import COLUMNS, ITEMS, PAYMENTS
from db.session import engine

LINK = ("id", "external_id", "source", *COLUMNS, "payload_hash", "sync_status", "last_synced_at",
        "seen_run")  # fmt: skip
TABLES = (
    ("pos_transactions", LINK),
    ("pos_items", (ITEMS.parent, "position", *ITEMS.columns)),
    ("pos_payments", (PAYMENTS.parent, "position", *PAYMENTS.columns)),
)
PARIS = ZoneInfo("Europe/Paris")

Rows = tuple[list[Any], list[Any], list[Any]]


def fetched(url: str, token: str, location: str) -> Iterator[list[Any]]:
    """The orders of a location, page by page, as a script would ask for them."""
    period = {"start_at": "2020-01-01T00:00:00Z", "end_at": "2040-01-01T00:00:00Z"}
    states = {"states": ["OPEN", "COMPLETED", "CANCELED"]}
    asked: dict[str, Any] = {
        "location_ids": [location],
        "limit": 500,
        "query": {
            "filter": {"state_filter": states, "date_time_filter": {"updated_at": period}},
            "sort": {"sort_field": "UPDATED_AT", "sort_order": "ASC"},
        },
    }
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {token}"
        while True:
            answer = session.post(f"{url}/v2/orders/search", json=asked, timeout=60)
            answer.raise_for_status()
            found = answer.json()
            yield found.get("orders", [])
            if "cursor" not in found:
                return
            asked["cursor"] = found["cursor"]


class BareOrders:
    """The loop on the store of this moment, for the tickets of one shop."""

    def __init__(self, source: str, shop: int) -> None:
        self.source = source
        self.shop = shop
        self.sqlite = engine().dialect.name == "sqlite"

    def insert(self, pages: Iterable[Sequence[Any]]) -> None:
        """From pages of orders to committed rows."""
        raw = engine().raw_connection()
        driver: Any = raw.dbapi_connection
        cursor = driver.cursor()
        statements = [self._statement(table, columns) for table, columns in TABLES]
        first = 1
        for page in pages:
            rows = self._rows(page, first)
            first += len(rows[0])
            if self.sqlite:
                cursor.execute("BEGIN IMMEDIATE")
            for statement, values in zip(statements, rows, strict=True):
                cursor.executemany(statement, values)
            driver.commit()
        raw.close()

    def _rows(self, orders: Sequence[Any], first: int) -> Rows:
        tickets, items, payments = [], [], []
        for ident, order in enumerate(orders, first):
            tickets.append(self._ticket(ident, order))
            for place, line in enumerate(order["line_items"]):
                rates = [self._number(tax["percentage"], 100_000) for tax in order["taxes"]
                         if tax["uid"] == line["applied_taxes"][0]["tax_uid"]]  # fmt: skip
                items.append((
                    ident, place, line["uid"], line["catalog_object_id"], None, line["name"],
                    self._number(line["quantity"], 100_000), self._money(line["base_price_money"]),
                    self._money(line["total_discount_money"]), self._money(line["total_tax_money"]),
                    rates[0], self._money(line["total_money"]),
                ))  # fmt: skip
            for place, tender in enumerate(order["tenders"]):
                payments.append((ident, place, tender["type"].lower(),
                                 self._money(tender["amount_money"]),
                                 self._money(tender["tip_money"])))  # fmt: skip
        return tickets, items, payments

    def _ticket(self, ident: int, order: Any) -> tuple[Any, ...]:
        net = order["net_amounts"]
        closed = datetime.fromisoformat(order["closed_at"])
        return (
            ident, order["id"], self.source, self.shop, order["location_id"],
            order["state"].lower(), order["total_money"]["currency"],
            self._money(net["total_money"]), self._money(net["tax_money"]),
            self._money(net["discount_money"]), self._money(net["tip_money"]), 0,
            self._instant(order["created_at"]), self._instant(order["closed_at"]),
            closed.astimezone(PARIS).date().isoformat(), None, order["version"],
            self._instant(order["updated_at"]), HASH, "synced",
            self._instant(order["updated_at"]), 1,
        )  # fmt: skip

    def _money(self, money: Any) -> Any:
        return money["amount"] * 100 if self.sqlite else Decimal(money["amount"]) / 100

    def _number(self, text: str, scale: int) -> Any:
        return int(Decimal(text) * scale) if self.sqlite else Decimal(text)

    def _instant(self, text: str) -> str:
        return text.replace("T", " ").replace("Z", "") if self.sqlite else text

    def _statement(self, table: str, columns: Sequence[str]) -> str:
        marks = ", ".join(["?" if self.sqlite else "%s"] * len(columns))
        return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608, our own names
