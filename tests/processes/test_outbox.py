"""Commands whose worker is killed between the call and the note: each once, none lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from threading import Timer

import pytest
import redis

from db.types import db_now
from tests.given_commands import carry_out, change, price, put, row
from tests.servers import until
from tests.toy import Vendor

ROOT = Path(__file__).parents[2]
CANARY = "CANARI-7Q4X"
KILLS = 13
"""Of each kind of vendor on each database: fifty in all."""


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", ["keyed", "keyless"])
def test_whoever_is_killed_each_price_is_set_once(vendor: Vendor, kind: str):
    amounts = [f"{number + 10}.00" for number in range(KILLS)]
    left = Counter[str]()
    with subprocess.Popen(
        [sys.executable, "-m", "tests.processes.outbox_client", vendor.url, kind],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as started:  # fmt: skip
        assert started.stdin is not None
        assert read(started) == "ready"
        for number, amount in enumerate(amounts):
            ident = put(price(amount=amount))
            pids = SimpleQueue[int]()
            killer(vendor, pids, number)
            started.stdin.write(f"{ident}\n")
            started.stdin.flush()
            pids.put(int(read(started)))
            read(started)
            left[row(ident).status] += 1
            if row(ident).status == "sending":
                change(ident, lease_until=db_now(-1))
            assert carry_out(ident) in {"done", None}
            assert row(ident).status == "done"
        started.stdin.close()

    assert [amount for _, amount in vendor.writes] == amounts
    assert left["sending"] > KILLS / 2


def killer(vendor: Vendor, pids: SimpleQueue[int], number: int) -> None:
    """Kill whoever writes: before it is carried out, after it, or as the answer comes."""

    def kill(*, late: float) -> None:
        vendor.on_write = vendor.on_written = bool
        pid = pids.get(timeout=10)
        if late:
            Timer(late, end, (pid,)).start()
        else:
            end(pid)

    if number % 4:
        vendor.on_written = partial(kill, late=number // 4 * 0.002)
    else:
        vendor.on_write = partial(kill, late=0)


def end(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def read(started: subprocess.Popen[str]) -> str:
    assert started.stdout is not None
    return started.stdout.readline().strip()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_worker_finds_them_and_carries_them_out_in_order(family, store, empty_redis, vendor):
    family.env |= {
        "REDIS_URL": empty_redis.url,
        "DATABASE_URL": store.database_url,
        "INVENTORY_ENCRYPTION_KEY": store.inventory_encryption_key.get_secret_value(),
        "TOY_URL": vendor.url,
        "LOG_LEVEL": "DEBUG",
    }
    coffee = [put(price(amount=f"{number}.00") | {"location": CANARY}) for number in (1, 2, 3)]
    tea = put(price("THE"))
    vendor.next = ["lost"]

    worker = family.celery("-A", "tests.processes.outbox_worker", "worker", "-c", "2")

    until(
        lambda: all(row(ident).status == "done" for ident in (*coffee, tea)),
        what="the commands",
        why_not=worker.said,
    )
    prices = [amount for sku, amount in vendor.writes if sku == "CAFE"]
    assert (prices, len(vendor.writes)) == (["1.00", "2.00", "3.00"], 4)
    assert CANARY not in worker.said()
    with redis.Redis.from_url(empty_redis.url) as client:
        # A key may expire before it is read.
        assert CANARY.encode() not in b"".join(client.dump(key) or b"" for key in client.keys("*"))
