"""Square's tickets over real HTTP: the stand-in is one process, the run another.

``python -m bench.fetching URL`` is the process that runs: it prints its peak memory and its times.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import requests

from bench import stores
from bench.catalogue import run, seconds
from bench.connectors import NAME, PLACE, connected, shop
from bench.orders import BareOrders, fetched
from bench.promises import Finding, Promise
from bench.walks import ROOT, peak
from core import garbage
from sandbox.square import DEMO_TOKEN

DELAY = 0.1
"""Seconds that each answer takes longer."""


def findings(small: int, large: int, promises: Mapping[str, Promise]) -> list[Finding]:
    """How much more memory a run over ``large`` takes than one over ``small``; and how fast it is
    beside fetching the same pages and keeping nothing.
    """
    low, high = _walk(small), _walk(large)
    return [
        Finding(f"peak memory, {small:,} tickets", low["peak"] / 1e6, "MB"),
        Finding(f"peak memory, {large:,} tickets", high["peak"] / 1e6, "MB"),
        Finding(
            "growth of the peak",
            (high["peak"] - low["peak"]) / 1e6,
            "MB",
            promise=promises.get("tickets' growth"),
        ),
        Finding("bare, over HTTP", large / high["bare"], "tickets/s"),
        Finding("first, over HTTP", large / high["run"], "tickets/s"),
        Finding(
            "first/bare, over HTTP",
            high["bare"] / high["run"],
            promise=promises.get("tickets first/bare"),
        ),
        Finding("fetched alone, late", large / high["alone"], "tickets/s"),
        Finding("first, late", large / high["late"], "tickets/s"),
        Finding(
            "first/fetched alone, late",
            high["alone"] / high["late"],
            promise=promises.get("first/fetched alone"),
        ),
    ]


def _walk(tickets: int) -> dict[str, float]:
    with _sandbox(tickets) as url:
        done = subprocess.run(  # noqa: S603, our own program
            [sys.executable, "-m", "bench.fetching", url],
            cwd=ROOT,
            env=os.environ,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    found: dict[str, float] = json.loads(done.stdout)
    assert found.pop("tickets") == tickets
    return found


@contextmanager
def _sandbox(tickets: int) -> Iterator[str]:
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--products", "1"]
    with subprocess.Popen(  # noqa: S603, our own program
        [*command, "--square-port", "0", "--sales", str(tickets)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            _, url = (process.stdout.readline().strip() for _ in range(2))
            yield url
        finally:
            process.terminate()


def _run(url: str) -> dict[str, float]:
    found: dict[str, float] = {}
    with stores.fresh("sqlite", None):
        found["run"] = _ours(url)
        found["peak"] = peak()
    with stores.fresh("sqlite", None):
        loop = BareOrders(NAME, shop())
        found["bare"] = seconds(lambda: loop.insert(fetched(url, DEMO_TOKEN, PLACE)))
    slow = {"kind": "slow", "endpoint": "orders-search", "seconds": DELAY}
    requests.post(f"{url}/_sandbox/faults", json=slow, timeout=10).raise_for_status()
    with stores.fresh("sqlite", None):
        found["late"] = _ours(url)
        found["alone"] = seconds(lambda: found.update(tickets=_alone(url)))
    return found


def _ours(url: str) -> float:
    shop()
    return seconds(lambda: run(connected(url).syncs[0]))


def _alone(url: str) -> int:
    square = connected(url)
    with square.source.open() as connector:
        return sum(len(page.payloads) for page in square.syncs[0].fetch(connector))


if __name__ == "__main__":
    # As every process of ours.
    garbage.settle()
    print(json.dumps(_run(sys.argv[1])))
