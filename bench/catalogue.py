"""Catalogue throughput: the engine beside a bare loop over the same pages, on both databases."""

from __future__ import annotations

import dataclasses
import gc
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from bench import stores
from bench.bare import BareLoop
from bench.promises import Finding, Promise
from connectors.page import Page
from db.catalogue import shops
from db.session import writing
from sandbox.catalogue import make
from syncs import engine, gate, resuming
from syncs.declaration import AnySync
from syncs.running.walk import Execution
from syncs.sources.catalogue import PRODUCTS
from tests.servers import PostgreSQL

PAGE = 100
RUNS = ("first", "unchanged")

Times = dict[str, list[float]]


def pages(products: int) -> list[str]:
    """The sandbox's catalogue as JSON pages, the same for all who are measured."""
    held = make(products=products, seed=1).products
    texts = [held.text(key) for key in held]
    return [f"[{','.join(texts[at : at + PAGE])}]" for at in range(0, products, PAGE)]


def from_memory(held: Sequence[str], total: int) -> AnySync:
    """The product sync, whose source answers from memory."""

    def fetch(_: Any, *, start: Mapping[str, str] | None = None) -> Iterator[Page]:
        first = int(start["page"]) if start else 1
        for number in range(first, len(held) + 1):
            yield Page(
                payloads=json.loads(held[number - 1]),
                query={"page": str(number)},
                next_query={"page": str(number + 1)} if number < len(held) else None,
                count=total,
            )

    return dataclasses.replace(PRODUCTS, fetch=fetch)


def run(sync: AnySync) -> None:
    """One run by hand, from its claim to its end."""
    answer = resuming.take(sync, {})
    assert isinstance(answer, gate.Enqueued)
    ended = engine.execute(sync, answer.run_id, Execution(slice_seconds=None, by_hand=True))
    assert ended.status == "succeeded", ended


def measure(database: str, server: PostgreSQL | None, *, products: int, rounds: int) -> Times:
    """Seconds that each way took, round by round.

    ``bare`` starts from the pages as we do, ``prepared`` from rows that were made beforehand.
    """
    held = pages(products)
    times: Times = {"bare": [], "first": [], "unchanged": [], "prepared": []}
    for _ in range(rounds):
        for way in (_bare, _ours, _prepared):
            with stores.fresh(database, server):
                for name, taken in way(held, products).items():
                    times[name].append(taken)
    return times


def findings(
    database: str, times: Times, products: int, promises: Mapping[str, Promise]
) -> list[Finding]:
    """Rates, and ratios pair by pair: a machine's speed drifts, and a pair ran side by side."""
    found = [
        Finding(f"{database}: {name}", products / median(taken), "products/s")
        for name, taken in times.items()
    ]
    for name in RUNS:
        for against in ("bare", "prepared"):
            ratios = [a / b for a, b in zip(times[against], times[name], strict=True)]
            found.append(
                Finding(
                    f"{database}: {name}/{against}",
                    median(ratios),
                    spread=(min(ratios), max(ratios)),
                    promise=promises.get(f"{name}/{against}"),
                )
            )
    return found


def _bare(held: Sequence[str], _: int) -> dict[str, float]:
    loop = BareLoop(held)
    return {"bare": seconds(lambda: loop.insert(None, held, PAGE))}


def _prepared(held: Sequence[str], _: int) -> dict[str, float]:
    loop = BareLoop(held)
    ready = [loop.rows(page, at * PAGE + 1) for at, page in enumerate(held)]
    return {"prepared": seconds(lambda: loop.insert(ready, held, PAGE))}


def _ours(held: Sequence[str], products: int) -> dict[str, float]:
    sync = from_memory(held, products)
    with writing() as session:
        shops.add(session, name="Bench")
    return {name: seconds(lambda: run(sync)) for name in RUNS}


def seconds(function: Callable[[], None]) -> float:
    """How long it took."""
    # What others left behind is not collected on our time.
    gc.collect()
    began = time.perf_counter()
    function()
    return time.perf_counter() - began
