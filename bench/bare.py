"""The reference: what a person would write in a quarter of an hour, and nothing slower.

The same pages, the same rows as the engine's (product, link, opening movement), the same tables,
indexes and PRAGMAs, the driver's own executemany, ids given, a commit a page; no validation, no
hash, no bookkeeping.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from db import bulk
from db.catalogue import categories, shops
from db.catalogue.stock import COLUMNS
from db.records.plan import Context
from db.session import engine, writing
from syncs.sources.catalogue import SOURCE

AT = "2026-11-21 10:00:00.000"
HASH = "1." + "0" * 8 + "." + "f" * 32
MAPPED = ("id", "name", "price", "stock", "sku", "barcode", "category_id", "site_id")
NAME = SOURCE.name
PRODUCT = ("id", "shop_id", "category_id", "title", "sku", "barcode", "price", "stock", "active",
           "created_at", "updated_at")  # fmt: skip
LINK = ("external_id", "source", "product_id", "external_sku", "upstream_title", "upstream_price",
        "upstream_stock", "upstream_barcode", "upstream_category", "upstream_site", "details",
        "payload_hash", "sync_status", "last_synced_at", "seen_run")  # fmt: skip
TABLES = (("products", PRODUCT), ("external_products", LINK), ("stock_movements", COLUMNS))

Rows = tuple[list[Any], list[Any], list[Any]]


class BareLoop:
    """The loop on the store of this moment; ``shelves`` are our category ids, made beforehand."""

    def __init__(self, pages: Sequence[str]) -> None:
        self.sqlite = engine().dialect.name == "sqlite"
        found = {item["category_id"] for page in pages for item in json.loads(page)}
        with writing() as session:
            self.shop = shops.add(session, name="Bench").id
            here = Context(source=NAME, run_id=1, now=bulk.now(session))
            keys = sorted(str(key) for key in found)
            self.shelves = categories.add_placeholders(session, keys, here)

    def rows(self, page: str, first: int) -> Rows:
        """A page's rows, for ids from ``first`` on."""
        products, links, movements = [], [], []
        active = 1 if self.sqlite else True
        for ident, item in enumerate(json.loads(page), first):
            details = json.dumps({name: item[name] for name in item if name not in MAPPED})
            price = int(float(item["price"]) * 10_000) if self.sqlite else Decimal(item["price"])
            shelf, stock, sku = item["category_id"], item["stock"], item["sku"]
            products.append((ident, self.shop, self.shelves[str(shelf)], item["name"], sku,
                             item["barcode"], price, stock, active, AT, AT))  # fmt: skip
            links.append((str(item["id"]), NAME, ident, sku, item["name"], price, stock,
                          item["barcode"], str(shelf), str(item["site_id"]), details, HASH,
                          "synced", AT, 1))  # fmt: skip
            movements.append((ident, stock, stock, "opening", 1, AT))
        return products, links, movements

    def insert(self, prepared: Sequence[Rows] | None, pages: Sequence[str], size: int) -> None:
        """From pages to committed rows; from ``prepared`` rows, where those are given."""
        raw = engine().raw_connection()
        driver: Any = raw.dbapi_connection
        cursor = driver.cursor()
        statements = [self._statement(table, columns) for table, columns in TABLES]
        for number, page in enumerate(pages):
            rows = prepared[number] if prepared else self.rows(page, number * size + 1)
            if self.sqlite:
                cursor.execute("BEGIN IMMEDIATE")
            for statement, values in zip(statements, rows, strict=True):
                cursor.executemany(statement, values)
            driver.commit()
        raw.close()

    def _statement(self, table: str, columns: Sequence[str]) -> str:
        marks = ", ".join(["?" if self.sqlite else "%s"] * len(columns))
        return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608, our own names
