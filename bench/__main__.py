"""``python -m bench``: what is promised of speed and memory, measured here and now.

Every promise but the page hook's is a ratio against a reference that ran in the same minute, or a
growth, so that it means the same on every machine. Exit 1 when one is broken.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence

from bench.parts import PARTS, machine
from bench.promises import PROMISES, Finding, Promise, table
from core import garbage

DATABASES = ("sqlite", "postgresql")
ALL = "all"

EXPLAINED = """\
  first, unchanged  a run of ours on an empty store, and the same again, from JSON pages in memory
  bare              from the same pages: json.loads, the same rows (product, link, opening
                    movement) by the driver's executemany, a commit a page; nothing else
  prepared          as bare, from rows made beforehand: the driver and the database alone
  over HTTP         tickets from Square's stand-in, another process; the loop fetches them as a
                    script does. late: each answer comes 0.1 s later; fetched alone: nothing kept
  sales, loop       batches posted over HTTP and worked off by a worker, to the last one's result;
                    sales of the same kind by SQLAlchemy's ORM in one process, a commit a sale
  p99/median        of the seconds until a 202, while a sync writes pages and a worker sells
  hook              what a page pays for waking syncs, nearly all of it after its answer, without
                    waiting for a processor (Linux); woken: the page that has two runs made due
  a/b               a's as a part of b's: the rounds' median (lowest to highest)
"""


def main(
    arguments: Sequence[str] | None = None, *, promises: Mapping[str, Promise] = PROMISES
) -> int:
    """Measure, print, and say by the exit code whether every promise was kept."""
    options = _parser().parse_args(arguments)
    found: list[Finding] = []
    if not options.json:
        print(f"{machine()}\n", flush=True)
    for name, part in PARTS.items():
        if name not in options.parts and ALL not in options.parts:
            continue
        for title, findings in part(options, promises):
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    # A list of defaults would be looked for among the choices as a whole.
    parser.add_argument("parts", nargs="*", choices=(ALL, *PARTS), default=ALL, metavar="PART",
                        help=f"what to measure: {', '.join(PARTS)}; all by default")  # fmt: skip
    parser.add_argument("--products", type=int, default=20_000, help="products a round")
    parser.add_argument("--tickets", type=int, default=20_000, help="orders a round")
    parser.add_argument("--batches", type=int, default=40, help="batches of 100 sales a round")
    parser.add_argument("--posts", type=int, default=300, help="batches accepted a round")
    parser.add_argument("--hits", type=int, default=2000, help="pages read a round")
    parser.add_argument("--failures", type=int, default=10_000, help="failures an act chooses from")
    parser.add_argument("--rounds", type=int, default=7, help="the median is told")
    parser.add_argument(
        "--databases", nargs="+", choices=DATABASES, default=DATABASES, help="both by default"
    )
    for name, sizes, why in (
        ("--walks", (10_000, 200_000), "products between which memory may grow"),
        ("--fetched", (2_000, 50_000), "tickets between which memory may grow"),
        ("--stored", (10_000, 1_000_000), "stored sales between which the cost is flat"),
    ):
        parser.add_argument(
            name, nargs=2, type=int, default=sizes, metavar=("SMALL", "LARGE"), help=why
        )
    parser.add_argument("--json", action="store_true", help="one document for programs")
    return parser


if __name__ == "__main__":
    # As every process of ours.
    garbage.settle()
    sys.exit(main())
