"""``python -m bench``: what is promised of the catalogue's speed and memory, measured here and now.

Every promise is a ratio against a reference that ran in the same minute, or a growth, so that it
means the same on every machine. Exit 1 when one is broken.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack

from bench import catalogue, dlt_rate, walks
from bench.promises import PROMISES, Finding, Promise, table
from tests.servers import PostgreSQL

DATABASES = ("sqlite", "postgresql")

EXPLAINED = """\
  first, unchanged  a run of ours on an empty store, and the same again, from JSON pages in memory
  bare              from the same pages: json.loads, the same rows (product, link, opening
                    movement) by the driver's executemany, a commit a page; nothing else
  prepared          as bare, from rows made beforehand: the driver and the database alone
  a/b               the rate of a as a part of b's: the rounds' median (lowest to highest)
"""


def main(
    arguments: Sequence[str] | None = None, *, promises: Mapping[str, Promise] = PROMISES
) -> int:
    """Measure, print, and say by the exit code whether every promise was kept."""
    options = _parser().parse_args(arguments)
    found: list[Finding] = []
    for title, findings in _measured(options, promises):
        found += findings
        if not options.json:
            print(f"{title}\n{table(findings)}\n", flush=True)
    broken = [finding.what for finding in found if not finding.kept]
    if options.json:
        print(json.dumps({"findings": [finding.as_json() for finding in found], "broken": broken}))
    else:
        print(EXPLAINED)
        print(f"BROKEN: {', '.join(broken)}" if broken else "Every promise was kept.")
    return 1 if broken else 0


def _measured(
    options: argparse.Namespace, promises: Mapping[str, Promise]
) -> Iterator[tuple[str, list[Finding]]]:
    small, large = options.walks
    title = f"Whole runs over HTTP, on SQLite, the sandbox as their source ({_machine()})"
    yield title, walks.findings(small, large, promises)
    products, rounds = options.products, options.rounds
    size = f"{products:,} products in pages of {catalogue.PAGE}"
    for database in options.databases:
        with ExitStack() as stack:
            server = None
            if database == "postgresql":
                server = stack.enter_context(PostgreSQL(durable=True))
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


def _machine() -> str:
    return f"{os.cpu_count()} cores, Python {platform.python_version()}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--products", type=int, default=20_000, help="products a round")
    parser.add_argument("--rounds", type=int, default=7, help="the median is told")
    parser.add_argument(
        "--databases", nargs="+", choices=DATABASES, default=DATABASES, help="both by default"
    )
    parser.add_argument(
        "--walks", nargs=2, type=int, default=(10_000, 200_000), metavar=("SMALL", "LARGE"),
        help="sizes between which memory may grow",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one document for programs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
