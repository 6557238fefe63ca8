"""What a sale costs with few and with many sales stored: the look-ups must not feel the difference.

Two stores, filled by SQL, take batches in turn, from reception to result, in this process.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import count
from statistics import median

from sqlalchemy import text

from bench import stores, tills
from bench.promises import Finding, Promise
from bench.tills import LINES, SALES, Till, in_turn
from core import settings
from db import bulk
from db.session import engine, reading, writing
from db.tills import batches
from syncs.sales.process import process
from tests.servers import PostgreSQL

TILLS, ARTICLES = 4, 1000
PART = 50_000
"""Sales filled in by one transaction; a multiple of ``ARTICLES``."""
BLOCK = 10
"""Batches that one store takes before it is the other's turn: on SQLite a checkpoint comes every
few batches, and each block shall have its part of them."""
BLOCKS = 3
"""A round."""

_NUMBERS = (
    "WITH RECURSIVE numbers (i) AS "
    "(SELECT CAST(:first AS BIGINT) UNION ALL SELECT i + 1 FROM numbers WHERE i < :last) "
)
_SALES = (
    "INSERT INTO sales (id, shop_id, batch_id, terminal_id, invoice_number, payment_method, paid, "
    "total, sold_at, received_at, content_hash, oversold) "
    "SELECT i, :shop, :batch, :till + i % :tills, "
    "'bench-' || (1 + i % :tills) || '-' || substr(CAST(100000000 + i / :tills AS TEXT), 2), "
    "'CASH', :yes, :price, :at, :at, :hash, :no FROM numbers"
)
_LINES = (
    "INSERT INTO sale_lines (sale_id, line_no, product_id, title, quantity, unit_price, "
    "list_price, subtotal) SELECT i, :line, :article + (i + :line) % :articles, 'Article', 1, "
    ":price, :price, :price FROM numbers"
)
_MOVEMENTS = (
    "INSERT INTO stock_movements (product_id, delta, stock_after, kind, sale_id, line_no, at) "
    "SELECT :article + (i + :line) % :articles, -1, 0, 'sale', i, :line, :at FROM numbers"
)
_STOCKS = "UPDATE products SET stock = stock - :sold"


@dataclass(frozen=True)
class Filled:
    """A store with sales in it, and the tills that go on."""

    url: str
    tills: Sequence[Till]

    def at_work(self) -> None:
        """Make it the store of this moment."""
        os.environ["DATABASE_URL"] = self.url
        settings.reset()


def measure(
    database: str, server: PostgreSQL | None, *, sizes: Sequence[int], blocks: int
) -> dict[int, list[float]]:
    """Seconds a sale, block by block, by how many sales were stored before."""
    seconds: dict[int, list[float]] = {size: [] for size in sizes}
    with ExitStack() as stack:
        filled = {size: stack.enter_context(_filled(database, server, size)) for size in sizes}
        for store in filled.values():
            _block(store)
        for _ in range(blocks):
            for size, store in filled.items():
                seconds[size].append(_block(store))
        for size, store in filled.items():
            store.at_work()
            with reading() as session:
                tills.check(session, size + (1 + blocks) * BLOCK * SALES)
    return seconds


def findings(
    database: str, seconds: Mapping[int, Sequence[float]], promises: Mapping[str, Promise]
) -> list[Finding]:
    """Costs, and how they grow, block by block."""
    small, large = min(seconds), max(seconds)
    found = [
        Finding(f"{database}: a sale after {size:,}", median(taken) * 1e6, "µs")
        for size, taken in seconds.items()
    ]
    growth = [after / before for before, after in zip(seconds[small], seconds[large], strict=True)]
    found.append(
        Finding(
            f"{database}: after {large:,}/after {small:,}",
            median(growth),
            spread=(min(growth), max(growth)),
            promise=promises.get("many/few"),
        )
    )
    return found


def _block(store: Filled) -> float:
    store.at_work()
    sent = in_turn(store.tills, BLOCK)
    began = time.perf_counter()
    for till, body in sent:
        with writing() as session:
            held = batches.receive(session, till, body=body, count=SALES, numbered=True)
        assert process(held.batch_id) == "done"
    return (time.perf_counter() - began) / (BLOCK * SALES)


@contextmanager
def _filled(database: str, server: PostgreSQL | None, size: int) -> Iterator[Filled]:
    with stores.fresh(database, server):
        with writing() as session:
            opened = tills.open_shops(session, number=1, tills=TILLS, articles=ARTICLES)
        for first in range(1, size + 1, PART):
            _fill(opened, first, min(first + PART - 1, size))
        _settle(size)
        after = [replace(till, numbers=count(size // TILLS + 1)) for till in opened]
        yield Filled(os.environ["DATABASE_URL"], after)


def _fill(opened: Sequence[Till], first: int, last: int) -> None:
    till = opened[0]
    with writing() as session:
        codec = bulk.Codec(session)
        if not codec.sqlite:
            # References are right by construction, and looking at each would take minutes.
            session.execute(text("SET LOCAL session_replication_role = replica"))
        values = {
            "first": first, "last": last, "shop": till.shop_id, "till": till.id, "tills": TILLS,
            "batch": batches.receive(session, till, body=b"[]", count=0, numbered=True).batch_id,
            "article": min(till.articles), "articles": ARTICLES, "yes": True, "no": False,
            "price": codec.money(19_999_900), "at": codec.moment(bulk.now(session)),
            "hash": "f" * 64,
        }  # fmt: skip
        session.execute(text(_NUMBERS + _SALES), values)
        for line in range(1, LINES + 1):
            session.execute(text(_NUMBERS + _LINES), {**values, "line": line})
            session.execute(text(_NUMBERS + _MOVEMENTS), {**values, "line": line})


def _settle(size: int) -> None:
    """As a store is that has grown over years: counted, and with nothing left to tidy up."""
    with writing() as session:
        session.execute(text(_STOCKS), {"sold": LINES * size // ARTICLES})
    if engine().dialect.name == "sqlite":
        return
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SELECT setval('sales_id_seq', :size)"), {"size": size})
        connection.execute(text("VACUUM ANALYZE"))
        connection.execute(text("CHECKPOINT"))
