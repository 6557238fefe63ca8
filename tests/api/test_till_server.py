"""Tills at the web process as it runs: waitress, eight threads, no worker, no Redis."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import requests

from db.models import SalesBatch
from tests.api.till import GUIDE, SERIAL, SYNC, count, furnish, work
from tests.servers import free_port, until

ROOT = Path(__file__).resolve().parents[2]
THREADS = 8


@pytest.fixture
def web(store, tmp_path):
    """The address of a web process on the test's store; its broker is nowhere."""
    furnish(phones=100, cases=100)
    log = tmp_path / "web.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "web", "--port", "0", "--threads", str(THREADS)],
            cwd=ROOT,
            env={
                **os.environ,
                "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
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


def test_without_redis_sales_are_in_all_the_same(web):
    for _ in range(5):
        answer, took = post(web, Prefer="respond-async")

        assert answer.status_code == 202
        assert took < 5
    waited, took = post(web, Prefer="wait=1")

    assert waited.status_code == 202
    assert 1 <= took < 6
    assert work() == 6
    page = requests.get(
        web + answer.headers["Location"], headers={"X-Device-Serial": SERIAL}, timeout=10
    )
    assert page.json()["statistiques"]["total_envoyees"] == 2


def test_ten_megabytes_are_refused_in_french(web):
    answer, _ = post(web, b"[" + b" " * 10_000_000 + b"]")

    assert answer.status_code == 413
    assert answer.json()["code"] == "BODY_TOO_LARGE"
    assert "X-Request-ID" in answer.headers


def test_a_body_in_pieces_is_read(web):
    raw = GUIDE.encode()
    pieces = iter([raw[:100], raw[100:]])

    answer, _ = post(web, pieces, Prefer="respond-async")

    assert answer.status_code == 202
