"""A till as a process: ``python -m sandbox.till URL --serial S`` sells for a day, and catches up.

Its token, above level 0, comes from the environment: ``TILL_TOKEN``.
"""

import argparse
import json
import os
import sys
from dataclasses import fields
from datetime import timedelta

from sandbox.till.device import Till
from sandbox.till.habits import Habits, catch_up, play


def main() -> int:
    """Play, say how it went as one JSON document, and end with 0 when the server has it all."""
    options = _parser().parse_args()
    habits = Habits(**{each.name: getattr(options, each.name) for each in fields(Habits)})
    with Till(
        options.url, options.serial, seed=options.seed, level=options.level,
        token=os.environ.get("TILL_TOKEN", ""), drift=timedelta(seconds=options.drift),
    ) as till:  # fmt: skip
        articles = [(each["id"], each["prix_vente"]) for each in till.articles()]
        play(till, articles, steps=options.steps, habits=habits)
        left = catch_up(till)
        document = {
            "sold": len(till.sales),
            "synchronised": len(till.synchronised),
            "total": str(sum(sale.total or 0 for sale in till.synchronised)),
            "refused": [sale.refused for sale in left if sale.refused],
            "unsent": sum(sale.refused is None for sale in left),
            "requests": sum(parcel.tries for parcel in till.outbox),
            "contradictions": till.contradictions,
        }
    print(json.dumps(document, ensure_ascii=False))  # noqa: T201 - what one asked for
    return 1 if document["unsent"] or till.contradictions else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox.till", description=__doc__)
    parser.add_argument("url", help="where the server is, as http://127.0.0.1:8000")
    parser.add_argument("--serial", required=True)
    parser.add_argument("--level", type=int, choices=(0, 1, 2), default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=50, help="sales and requests")
    parser.add_argument("--drift", type=float, default=0, help="seconds its clock is ahead")
    for habit in fields(Habits):
        name, kind = f"--{habit.name}", type(habit.default)
        parser.add_argument(name, type=kind, default=habit.default)
    return parser


if __name__ == "__main__":
    sys.exit(main())
