"""Tickets of a configured connector: the engine beside a bare loop over the same pages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from bench import stores
from bench.catalogue import run, seconds
from bench.orders import BareOrders
from bench.promises import Finding
from connectors import config as files
from connectors import vendors
from connectors.folder import Configured
from connectors.page import Page
from db.catalogue import shops
from db.session import writing
from sandbox.square import DEMO_TOKEN, orders
from syncs import configured
from syncs.declaration import AnySync
from tests.servers import PostgreSQL

NAME, PLACE, PAGE = "square", "LFICTIVE1", 500
RUNS = ("first", "unchanged")

Times = dict[str, list[float]]


def pages(tickets: int) -> list[str]:
    """Square's pages of so many orders, as JSON; each order has its location beside it, as the
    connector puts it.
    """
    place = {"id": PLACE, "name": "Le Moulin", "timezone": "Europe/Paris", "currency": "EUR"}
    start, every = datetime(2026, 11, 1, tzinfo=UTC), timedelta(seconds=97)
    made = orders.made(tickets, locations=[PLACE], start=start, every=every)
    whole = [{**order, "location": place} for order in made]
    return [json.dumps(whole[at : at + PAGE]) for at in range(0, tickets, PAGE)]


def from_memory(held: Sequence[str]) -> AnySync:
    """The tickets' sync of a Square that somebody configured, whose pages come from memory."""

    def fetch(_: Any, *, start: Mapping[str, str] | None = None, **__: object) -> Iterator[Page]:
        for number in range(int((start or {}).get("page", "0")), len(held)):
            following = {"page": str(number + 1)} if number + 1 < len(held) else None
            payloads = json.loads(held[number])
            yield Page(payloads=payloads, query={"page": str(number)}, next_query=following)

    (tickets, *_) = connected("http://127.0.0.1:9").syncs
    return replace(tickets, fetch=fetch)


def connected(url: str) -> configured.Connected:
    """A Square at this address, as a file would configure it."""
    mapping = {
        "api": {"base_url": url},
        "auth": {"method": "bearer", "token": DEMO_TOKEN},
        "rate_limit": {"max_requests_per_second": 1000},
    }
    kind = vendors.find("pos", NAME)
    assert kind is not None
    one = Configured(name=NAME, family="pos", config=files.parse(mapping))
    return configured.connect(one, kind)


def measure(database: str, server: PostgreSQL | None, *, tickets: int, rounds: int) -> Times:
    """Seconds that each way took, round by round."""
    held = pages(tickets)
    times: Times = {"bare": [], "first": [], "unchanged": []}
    for _ in range(rounds):
        for way in (_bare, _ours):
            with stores.fresh(database, server):
                for name, taken in way(held).items():
                    times[name].append(taken)
    return times


def findings(database: str, times: Times, tickets: int) -> list[Finding]:
    """Rates, and ratios pair by pair, of which nothing is promised."""
    found = [
        Finding(f"{database}: {name}", tickets / median(taken), "tickets/s")
        for name, taken in times.items()
    ]
    for name in RUNS:
        ratios = [bare / ours for bare, ours in zip(times["bare"], times[name], strict=True)]
        found.append(
            Finding(
                f"{database}: {name}/bare",
                median(ratios),
                spread=(min(ratios), max(ratios)),
            )
        )
    return found


def _bare(held: Sequence[str]) -> dict[str, float]:
    loop = BareOrders(NAME, shop())
    return {"bare": seconds(lambda: loop.insert(map(json.loads, held)))}


def _ours(held: Sequence[str]) -> dict[str, float]:
    shop()
    sync = from_memory(held)
    return {name: seconds(lambda: run(sync)) for name in RUNS}


def shop() -> int:
    """A shop of ours; its id."""
    with writing() as session:
        return shops.add(session, name="Bench").id
