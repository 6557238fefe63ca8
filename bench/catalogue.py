"""Catalogue throughput: the engine beside a bare loop over the same pages, on both databases."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from bench import stores
from bench.bare import BareLoop
from connectors.page import Page
from db import shops
from db.session import writing
from sandbox.catalogue import make
from syncs import engine, gate
from syncs.catalogue import PRODUCTS
from syncs.declaration import AnySync
from syncs.walk import Manner
from tests.servers import PostgreSQL

PAGE = 100


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
    answer = gate.take(sync, {})
    assert isinstance(answer, gate.Enqueued)
    engine.execute(sync, answer.run_id, Manner(slice_seconds=None, by_hand=True))


def seconds(function: Callable[[], None]) -> float:
    """How long it took."""
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def measure(
    database: str, server: PostgreSQL | None, products: int, rounds: int
) -> dict[str, float]:
    """Medians over ``rounds``: products a second, and ratios pair by pair, for the machine's
    speed drifts and each pair ran side by side.
    """
    held = pages(products)
    sync = from_memory(held, products)
    times: dict[str, list[float]] = {"bare": [], "prepared": [], "first": [], "unchanged": []}
    for _ in range(rounds):
        with stores.fresh(database, server):
            loop = BareLoop(held)
            times["bare"].append(seconds(lambda: loop.insert(None, held, PAGE)))
        with stores.fresh(database, server):
            with writing() as session:
                shops.add(session, name="Bench")
            times["first"].append(seconds(lambda: run(sync)))
            times["unchanged"].append(seconds(lambda: run(sync)))
        with stores.fresh(database, server):
            loop = BareLoop(held)
            ready = [loop.rows(page, at * PAGE + 1) for at, page in enumerate(held)]
            times["prepared"].append(seconds(lambda: loop.insert(ready, held, PAGE)))
            del ready
    rates = {name: products / median(taken) for name, taken in times.items()}
    return rates | {
        f"{name}/{against}": median(
            a / b for a, b in zip(times[against], times[name], strict=True)
        )
        for name in ("first", "unchanged")
        for against in ("bare", "prepared")
    }
