"""The parts of a bench: each yields a title and what was found, as soon as it is measured."""

from __future__ import annotations

import os
import platform
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from bench import (
    accepting,
    acts,
    catalogue,
    connectors,
    dlt_rate,
    fetching,
    hook,
    sales,
    stored,
    walks,
)
from bench.promises import Finding, Promise
from bench.tills import LINES, SALES
from tests.servers import PostgreSQL

Promises = Mapping[str, Promise]
Part = Callable[[Namespace, Promises], Iterator[tuple[str, list[Finding]]]]


def of_walks(options: Namespace, promises: Promises) -> Iterator[tuple[str, list[Finding]]]:
    """Memory."""
    small, large = options.walks
    title = "Whole runs over HTTP, on SQLite, the sandbox as their source"
    yield title, walks.findings(small, large, promises)


def of_catalogue(options: Namespace, promises: Promises) -> Iterator[tuple[str, list[Finding]]]:
    """Pages to rows; dlt beside where there is one."""
    products, rounds = options.products, options.rounds
    size = f"{products:,} products in pages of {catalogue.PAGE}"
    for database in options.databases:
        with _server(database) as server:
            times = catalogue.measure(database, server, products=products, rounds=rounds)
        yield (
            f"Catalogue on {database}: {size}, {rounds} rounds",
            catalogue.findings(database, times, products, promises),
        )
    beside = dlt_rate.measure(catalogue.pages(products))
    if beside:
        yield (
            f"dlt, one table of products merged by key: {size}",
            [
                Finding(f"dlt to {what}", products / seconds, "products/s")
                for what, seconds in beside.items()
            ],
        )


def of_connectors(options: Namespace, promises: Promises) -> Iterator[tuple[str, list[Finding]]]:
    """Tickets with their items, of a configured connector."""
    tickets, rounds = options.tickets, options.rounds
    size = f"{tickets:,} orders with items in pages of {connectors.PAGE}"
    for database in options.databases:
        with _server(database) as server:
            times = connectors.measure(database, server, tickets=tickets, rounds=rounds)
        yield (
            f"Square's tickets on {database}: {size}, {rounds} rounds",
            connectors.findings(database, times, tickets),
        )
    small, large = options.fetched
    title = f"Square's tickets over HTTP, on SQLite; each answer comes {fetching.DELAY:g} s later"
    yield title, fetching.findings(small, large, promises)


def of_sales(options: Namespace, promises: Promises) -> Iterator[tuple[str, list[Finding]]]:
    """From a till's POST to the rows of its sales."""
    number, rounds = options.batches, options.rounds
    for database in options.databases:
        with _server(database) as server:
            rates = sales.measure(database, server, batches=number, rounds=rounds)
        size = f"{number} batches of {SALES} sales of {LINES} lines by {sales.TILLS} tills"
        yield (
            f"Sales on {database}, end to end: {size}, {rounds} rounds",
            sales.findings(database, rates, promises),
        )


def of_accepting(options: Namespace, promises: Promises) -> Iterator[tuple[str, list[Finding]]]:
    """What a till waits for its 202 beside a sync."""
    posts, rounds = options.posts, options.rounds
    for database in options.databases:
        with _server(database) as server:
            measured = accepting.measure(database, server, posts=posts, rounds=rounds)
        size = f"{posts} batches of {accepting.SALES} sales"
        yield (
            f"Accepting on {database} beside a sync and a worker: {size}, {rounds} rounds",
            accepting.findings(database, measured, promises),
        )


def of_stored(options: Namespace, promises: Promises) -> Iterator[tuple[str, list[Finding]]]:
    """What a sale costs in a full store."""
    blocks = options.rounds * stored.BLOCKS
    size = f"{blocks} times {stored.BLOCK} batches of {SALES}"
    for database in options.databases:
        with _server(database) as server:
            seconds = stored.measure(database, server, sizes=options.stored, blocks=blocks)
        yield (
            f"A sale on {database}, by how many are stored: {size}",
            stored.findings(database, seconds, promises),
        )


def of_hook(options: Namespace, promises: Promises) -> Iterator[tuple[str, list[Finding]]]:
    """What a page pays for waking syncs."""
    hits, rounds = options.hits, options.rounds
    for database in options.databases:
        with _server(database) as server:
            times = hook.measure(database, server, hits=hits, rounds=rounds)
        size = f"{hits} hits, {hook.READERS} each time the data is stale"
        yield (
            f"The page hook on {database}: {size}, {rounds} rounds",
            hook.findings(database, times, promises),
        )


def of_acts(options: Namespace, _: Promises) -> Iterator[tuple[str, list[Finding]]]:
    """What an act on many failures costs; of it nothing is promised."""
    number, rounds = options.failures, options.rounds
    for database in options.databases:
        with _server(database) as server:
            taken = acts.measure(database, server, failures=number, rounds=rounds)
        yield (
            f"Acts on {database}: {number:,} failures of three causes, {rounds} rounds",
            acts.findings(database, taken),
        )


PARTS: Mapping[str, Part] = {
    "walks": of_walks,
    "catalogue": of_catalogue,
    "connectors": of_connectors,
    "sales": of_sales,
    "accepting": of_accepting,
    "stored": of_stored,
    "hook": of_hook,
    "acts": of_acts,
}


def machine() -> str:
    """Where it is measured."""
    return f"{os.cpu_count()} cores, Python {platform.python_version()}"


@contextmanager
def _server(database: str) -> Iterator[PostgreSQL | None]:
    if database != "postgresql":
        yield None
        return
    with PostgreSQL(durable=True) as server:
        yield server
