"""What a page pays for waking syncs: the middleware in front of a site that does nothing.

The site is called as a server calls it, to the answer's close; what the site alone takes is
subtracted, and so is, on Linux, what our thread waited for a processor: that is the neighbours'.
Nobody waits for most of the rest: the look comes after the answer.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from sqlalchemy import delete

from api.autosync import CATALOGUE, AutoSyncB2BMiddleware
from bench import stores
from bench.promises import Finding, Promise
from core import settings
from db.models import SyncRun
from db.session import writing
from db.types import db_now
from db.work import states
from tests.servers import PostgreSQL, free_port

READERS = 200
"""In a row, after the data has become stale: the first has its runs begin."""
HOURS = 3600.0
WARM = 50
SCHEDULED = Path("/proc/thread-self/schedstat")

Site = Callable[[dict[str, Any], Any], Iterable[bytes]]
Times = dict[str, list[list[float]]]


def measure(database: str, server: PostgreSQL | None, *, hits: int, rounds: int) -> Times:
    """Seconds of each hit, round by round, by how the store is; ``woken``: of the hits that made
    the runs due.
    """
    times: Times = {"fresh": [], "stale": [], "woken": [], "Redis stopped": []}
    with stores.fresh(database, server):
        site = AutoSyncB2BMiddleware(_site, paths=["/"])
        alone = median(_hit(_site) for _ in range(hits))
        for _ in range(WARM):
            _hit(site)
        for _ in range(rounds):
            _synced(hours_ago=1)
            times["fresh"].append([_hit(site) - alone for _ in range(hits)])
            stale, woken = _stale(site, hits, alone)
            times["stale"].append(stale)
            times["woken"].append(woken)
            os.environ["REDIS_URL"] = f"redis://127.0.0.1:{free_port()}/0"
            settings.reset()
            times["Redis stopped"].append(_stale(site, hits, alone)[0])
            del os.environ["REDIS_URL"]
            settings.reset()
    return times


def findings(
    database: str, times: Mapping[str, Sequence[Sequence[float]]], promises: Mapping[str, Promise]
) -> list[Finding]:
    """The median of each, and what one hit in a hundred takes: the rounds' median.

    Of those that made runs due there are too few for that; their median has a bound of its own.
    """
    found = []
    for how, rounds in times.items():
        name = f"{database}: hook, {how}"
        every = median(each for taken in rounds for each in taken)
        bound = promises.get("hook woken") if how == "woken" else None
        found.append(Finding(f"{name}, median", every * 1e3, "ms", promise=bound))
        if how == "woken":
            continue
        slow = [_slow(taken) * 1e3 for taken in rounds]
        found.append(
            Finding(
                f"{name}, p99", median(slow), "ms", spread=(min(slow), max(slow)),
                promise=promises.get("hook p99"),
            )
        )  # fmt: skip
    return found


def _slow(seconds: Sequence[float]) -> float:
    return quantiles(seconds, n=100, method="inclusive")[-1]


def _stale(site: Site, hits: int, alone: float) -> tuple[list[float], list[float]]:
    """Every hit, and those that made the runs due."""
    every, woken = [], []
    for number in range(hits):
        if number % READERS == 0:
            _synced(hours_ago=3)
        every.append(_hit(site) - alone)
        if number % READERS == 0:
            woken.append(every[-1])
    return every, woken


def _hit(site: Site) -> float:
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/"}
    waited, began = _waited(), time.perf_counter()
    answer: Any = site(environ, _start)
    for _ in answer:
        pass
    if hasattr(answer, "close"):
        answer.close()
    taken = time.perf_counter() - began
    return taken - (_waited() - waited)


def _waited() -> float:
    """Seconds for which this thread was ready and had no processor."""
    try:
        return int(SCHEDULED.read_text("ascii").split()[1]) / 1e9
    except FileNotFoundError:
        return 0.0


def _site(_: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Length", "4")])
    return [b"page"]


def _start(*_: object) -> None:
    """What a server does with status and headers is not ours."""


def _synced(*, hours_ago: float) -> None:
    """Both were brought in so long ago, and nothing is due."""
    with writing() as session:
        session.execute(delete(SyncRun))
        for name in CATALOGUE:
            states.locked(session, name).last_success_at = db_now(-hours_ago * HOURS)
