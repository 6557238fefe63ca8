"""Tills at the web process as it runs: waitress, eight threads, no worker, Redis or none."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import requests

from db.models import SalesBatch
from tests.api.till import GUIDE, SERIAL, SYNC, count, furnish, work
from tests.servers import free_port, until

ROOT = Path(__file__).resolve().parents[2]
THREADS = 8
# What both databases have in common, for the body is read before the store is asked.
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def web(store, empty_redis, tmp_path):
    """The address of a web process on the test's store and Redis."""
    with serving(store, empty_redis.url, tmp_path) as address:
        yield address


@pytest.fixture
def lonely(store, tmp_path):
    """The same, and its Redis is nowhere."""
    with serving(store, f"redis://127.0.0.1:{free_port()}/0", tmp_path) as address:
        yield address


@contextmanager
def serving(store, redis_url, tmp_path):
    furnish(phones=100, cases=100)
    log = tmp_path / "web.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "web", "--port", "0", "--threads", str(THREADS)],
            cwd=ROOT,
            env={
                **os.environ,
                "REDIS_URL": redis_url,
                "MOULIN_DOTENV": "",
                "DATABASE_URL": store.database_url,
            },
            stdout=written,
            stderr=written,
        )
    try:
        until(
            lambda: process.poll() is not None or "Listening on" in log.read_text("utf-8"),
            what="the web process",
            why_not=lambda: log.read_text("utf-8"),
        )
        yield log.read_text("utf-8").partition("Listening on ")[2].split()[0]
    finally:
        psutil.Process(process.pid).terminate()
        assert process.wait(30) == 0, log.read_text("utf-8")


def post(web, body=GUIDE, **headers):
    """The answer, and the seconds it took."""
    began = time.monotonic()
    answer = requests.post(
        web + SYNC, data=body, headers={"X-Device-Serial": SERIAL, **headers}, timeout=60
    )
    return answer, time.monotonic() - began


def test_who_waits_leaves_threads_to_the_others(web):
    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(post, web, Prefer="wait=25") for _ in range(20)]
        # Four of eight threads wait, and all others have been told that their sales are in.
        until(lambda: sum(each.done() for each in asked) == 16, what="those without a seat")
        for _ in range(20):
            began = time.monotonic()
            assert requests.get(f"{web}/livez", timeout=10).status_code == 200
            answer, took = post(web, Prefer="wait=25")
            assert (answer.status_code, took < 5) == (202, True)
            assert time.monotonic() - began < 5
        assert sum(each.done() for each in asked) == 16
        work()
        told = [each.result()[0] for each in asked]

    assert sorted(answer.status_code for answer in told) == [201] * 4 + [202] * 16
    assert count(SalesBatch) == 40
    assert all(answer.json()["success"] for answer in told)


def test_without_redis_sales_are_in_all_the_same(lonely):
    for prefer in ("respond-async", "respond-async", "wait=1", "wait=1"):
        answer, took = post(lonely, Prefer=prefer)

        assert answer.status_code == 202
        assert took < 6
    assert work() == 4
    page = requests.get(
        lonely + answer.headers["Location"], headers={"X-Device-Serial": SERIAL}, timeout=10
    )
    assert page.json()["statistiques"]["total_envoyees"] == 2


@ONE
def test_ten_megabytes_are_refused_in_french(web):
    answer, _ = post(web, b"[" + b" " * 10_000_000 + b"]")

    assert answer.status_code == 413
    assert answer.json()["code"] == "BODY_TOO_LARGE"
    assert "X-Request-ID" in answer.headers


@ONE
def test_a_body_in_pieces_is_read(web):
    raw = GUIDE.encode()
    pieces = iter([raw[:100], raw[100:]])

    answer, _ = post(web, pieces, Prefer="respond-async")

    assert answer.status_code == 202
