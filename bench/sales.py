"""Sales end to end, from the first POST until the last batch is processed, beside a plain loop.

HTTP → store → Redis → worker → store, with real processes; the loop runs in this process, on the
same store, in turn with them, while they are idle.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from statistics import median

from sqlalchemy import func, select

from bench import row_by_row, stores, tills
from bench.processes import web_and_worker
from bench.promises import Finding, Promise
from bench.tills import SALES, Sent, Till, in_turn
from db.models import SalesBatch
from db.models.work import ACTIVE
from db.session import reading, writing
from tests.servers import PostgreSQL

ADDRESS = "/api/v2/simple/ventes/sync/"
SHOPS, TILLS, ARTICLES = 2, 4, 1000
PATIENCE = 300.0
_LOOK = 0.01

Times = dict[str, list[float]]


def measure(database: str, server: PostgreSQL | None, *, batches: int, rounds: int) -> Times:
    """Sales a second, round by round: ``ours`` and the ``loop``."""
    rates: Times = {"ours": [], "loop": []}
    shorter = max(batches // 4, 1)
    with stores.fresh(database, server), web_and_worker() as port:
        with writing() as session:
            sending = tills.open_shops(session, number=SHOPS, tills=TILLS, articles=ARTICLES)
        under = row_by_row.open_batch(sending[0])
        # First a round that does not count: each process then has what it needs.
        _ours(port, in_turn(sending, batches))
        _loop(in_turn(sending, 1), under)
        for _ in range(rounds):
            rates["ours"].append(batches * SALES / _ours(port, in_turn(sending, batches)))
            rates["loop"].append(shorter * SALES / _loop(in_turn(sending, shorter), under))
        with reading() as session:
            tills.check(session, (batches + 1 + rounds * (batches + shorter)) * SALES)
    return rates


def findings(database: str, rates: Times, promises: Mapping[str, Promise]) -> list[Finding]:
    """Both rates and how many times the loop's ours is, pair by pair."""
    ratios = [ours / loop for ours, loop in zip(rates["ours"], rates["loop"], strict=True)]
    return [
        Finding(f"{database}: HTTP to store, all of it", median(rates["ours"]), "sales/s"),
        Finding(f"{database}: a loop, one commit a sale", median(rates["loop"]), "sales/s"),
        Finding(
            f"{database}: sales/loop",
            median(ratios),
            spread=(min(ratios), max(ratios)),
            promise=promises.get(f"{database}: sales/loop"),
        ),
    ]


def post(connection: HTTPConnection, till: Till, body: bytes) -> None:
    """One batch; returns when its 202 is here."""
    headers = {
        "X-Device-Serial": till.serial,
        "Content-Type": "application/json",
        "Prefer": "respond-async",
    }
    connection.request("POST", ADDRESS, body, headers)
    answer = connection.getresponse()
    said = answer.read()
    assert answer.status == 202, said  # noqa: PLR2004, what the tills' guide calls it


def until_done(patience: float = PATIENCE) -> None:
    """Return as soon as no batch waits."""
    deadline = time.monotonic() + patience
    query = select(func.count()).select_from(SalesBatch).where(SalesBatch.status.in_(ACTIVE))
    while True:
        with reading() as session:
            left = session.scalar(query)
        if not left:
            return
        assert time.monotonic() < deadline, f"{left} batches were not processed"
        time.sleep(_LOOK)


def _ours(port: int, sent: Sent) -> float:
    parts = [sent[at::TILLS] for at in range(TILLS)]
    began = time.perf_counter()
    with ThreadPoolExecutor(TILLS) as threads:
        list(threads.map(_send, [port] * TILLS, parts))
    until_done()
    return time.perf_counter() - began


def _send(port: int, sent: Sent) -> None:
    # As a till's HttpClient: one connection for all.
    connection = HTTPConnection("127.0.0.1", port)
    for till, body in sent:
        post(connection, till, body)
    connection.close()


def _loop(sent: Sent, under: int) -> float:
    began = time.perf_counter()
    row_by_row.sell(sent, under)
    return time.perf_counter() - began
