"""How long a till waits for its 202 while syncs write pages into the same store, and workers sell.

``python -m bench.accepting`` is the sync: a process that walks the catalogue over and over, each
time with other stocks, so that every page writes.
"""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from statistics import median, quantiles

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bench import stores, tills
from bench.catalogue import from_memory, pages, run
from bench.processes import started, web_and_worker
from bench.promises import Finding, Promise
from bench.sales import post, until_done
from bench.tills import Till
from core import logs
from db.catalogue import shops
from db.models import Product, StockMovement
from db.session import reading, writing
from tests.servers import PostgreSQL

TILLS = 2
"""Each of a shop of its own."""
SALES = 10
"""In a batch: what a till has sold since it last found us."""
PRODUCTS = 2000
LONGEST_PAUSE = 0.1
"""Seconds between two batches of a till."""
WARM = 20


def measure(
    database: str, server: PostgreSQL | None, *, posts: int, rounds: int
) -> tuple[list[list[float]], float]:
    """Seconds of each POST, round by round; and how many stocks the sync changed a second."""
    with (
        stores.fresh(database, server),
        tempfile.TemporaryDirectory(prefix="moulin-bench-") as directory,
        web_and_worker() as port,
    ):
        with writing() as session:
            opened = [_shop(session, site) for site in range(1, TILLS + 1)]
        log = Path(directory) / "sync"
        with started("-m", "bench.accepting", log=log, ready="writing"):
            sending = _tills(opened)
            _round(port, sending, WARM)
            began, before = time.perf_counter(), _written()
            seconds = [_round(port, sending, posts) for _ in range(rounds)]
            pace = (_written() - before) / (time.perf_counter() - began)
        until_done()
        with reading() as session:
            tills.check(session, (WARM + rounds * posts) * SALES)
    assert pace, "no page was written meanwhile"
    return seconds, pace


def findings(
    database: str,
    measured: tuple[Sequence[Sequence[float]], float],
    promises: Mapping[str, Promise],
) -> list[Finding]:
    """The median, and how many times of it one in a hundred waits, round by round."""
    rounds, pace = measured
    slow = [_slow(taken) / median(taken) for taken in rounds]
    every = [each for taken in rounds for each in taken]
    return [
        Finding(f"{database}: stocks changed by the sync", pace, "/s"),
        Finding(f"{database}: a batch accepted, median", median(every) * 1e3, "ms"),
        Finding(f"{database}: a batch accepted, p99", _slow(every) * 1e3, "ms"),
        Finding(
            f"{database}: p99/median",
            median(slow),
            spread=(min(slow), max(slow)),
            promise=promises.get(f"{database}: p99/median"),
        ),
    ]


def _slow(seconds: Sequence[float]) -> float:
    return quantiles(seconds, n=100, method="inclusive")[-1]


def _shop(session: Session, site: int) -> int:
    # A sale that happened is never refused, however much of the stock the sync has left.
    name = f"Bench {site}"
    return shops.add(session, name=name, site_id=str(site), stock_policy="allow").id


def _tills(shop_ids: Sequence[int]) -> list[Till]:
    with writing() as session:
        return [
            tills.add_till(session, shop_id, _articles(session, shop_id), serial=f"bench-{shop_id}")
            for shop_id in shop_ids
        ]


def _articles(session: Session, shop_id: int) -> Sequence[int]:
    query = select(Product.id).where(Product.shop_id == shop_id).order_by(Product.id)
    return session.scalars(query).all()


def _round(port: int, sending: Sequence[Till], posts: int) -> list[float]:
    with ThreadPoolExecutor(TILLS) as threads:
        found = threads.map(_send, [port] * TILLS, sending, [posts // TILLS] * TILLS)
        return [each for taken in found for each in taken]


def _send(port: int, till: Till, posts: int) -> list[float]:
    """Seconds of each POST; the batch is made before its clock starts."""
    taken = []
    pauses = random.Random(till.serial)
    connection = HTTPConnection("127.0.0.1", port)
    for _ in range(posts):
        time.sleep(pauses.uniform(0, LONGEST_PAUSE))
        body = till.batch(SALES)
        began = time.perf_counter()
        post(connection, till, body)
        taken.append(time.perf_counter() - began)
    connection.close()
    return taken


def _written() -> int:
    with reading() as session:
        query = select(func.count()).select_from(StockMovement)
        return session.scalar(query.where(StockMovement.kind == "sync")) or 0


def _sync_for_ever() -> None:
    logs.configure()
    held = pages(PRODUCTS)
    for more in count():
        run(from_memory([_restocked(page, more) for page in held], PRODUCTS))
        if not more:
            print("writing", flush=True)


def _restocked(page: str, more: int) -> str:
    return json.dumps([{**item, "stock": item["stock"] + more} for item in json.loads(page)])


if __name__ == "__main__":
    _sync_for_ever()
