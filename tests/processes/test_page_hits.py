"""Two hundred readers at once on eight web processes: one run of what is stale, none otherwise."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import requests
from sqlalchemy import delete

from db.models import SyncRun
from db.session import reading, writing
from tests.api.catalogue import NAMES, synced
from tests.servers import free_port, until

PROCESSES = 8
READERS = 200
PATHS = ("/", "/api/inventory/products/synced/", "/api/inventory/categories/synced/")


@pytest.fixture
def webs(family, store, redis_url):
    """The addresses of eight web processes on the test's store."""
    family.env |= {
        "DATABASE_URL": store.database_url,
        "INVENTORY_ENCRYPTION_KEY": store.inventory_encryption_key.get_secret_value(),
        "REDIS_URL": redis_url,
        "LOG_LEVEL": "WARNING",
    }
    ports = [free_port() for _ in range(PROCESSES)]
    started = [family.python("manage.py", "web", "--port", str(port)) for port in ports]
    for each in started:
        each.says("Listening on")
    return [f"http://127.0.0.1:{port}" for port in ports]


def hit(webs: list[str]) -> Counter[int]:
    """Every reader reads a page at the same moment; the statuses."""
    together = Barrier(READERS)

    def read(number: int) -> int:
        address = webs[number % PROCESSES] + PATHS[number % len(PATHS)]
        together.wait()
        return requests.get(address, timeout=30).status_code

    with ThreadPoolExecutor(READERS) as pool:
        return Counter(pool.map(read, range(READERS)))


ONE_EACH = dict.fromkeys(NAMES, 1)


def runs() -> dict[str, int]:
    with reading() as session:
        return dict(Counter(row.sync for row in session.query(SyncRun)))


def stale_data_is_fetched_by_one_run_and_fresh_data_by_none(webs: list[str]) -> None:
    synced(hours_ago=1)
    assert hit(webs) == {200: READERS}
    assert runs() == {}

    synced(hours_ago=3)
    assert hit(webs) == {200: READERS}
    # The look comes after the answer.
    until(lambda: runs() == ONE_EACH, what="the runs", why_not=lambda: str(runs()))
    assert hit(webs) == {200: READERS}
    assert runs() == ONE_EACH


def test_two_hundred_readers_wake_one_run_each_with_redis_and_without(webs, redis_server):
    stale_data_is_fetched_by_one_run_and_fresh_data_by_none(webs)
    with writing() as session:
        session.execute(delete(SyncRun))
    redis_server.kill()
    try:
        stale_data_is_fetched_by_one_run_and_fresh_data_by_none(webs)
    finally:
        redis_server.start()
