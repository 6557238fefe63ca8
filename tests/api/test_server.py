"""The web process as it runs: waitress, a real Redis that dies, freezes and comes back."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import redis
import requests

from db.access import operators
from db.models import SyncRun
from db.session import reading, writing
from tests.servers import until

ROOT = Path(__file__).resolve().parents[2]
QUEUE = "moulin:sync"


@pytest.fixture
def web(store, empty_redis, tmp_path):
    """The address of a web process on the test's store and Redis."""
    environment = {
        **os.environ,
        "REDIS_URL": empty_redis.url,
        "MOULIN_DOTENV": "",
        "DATABASE_URL": store.database_url,
    }
    log = tmp_path / "web.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "web", "--port", "0", "--threads", "4"],
            cwd=ROOT,
            env=environment,
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


@pytest.fixture
def send(web):
    """``send("POST", "/path")`` with an operator's token."""
    with writing() as session:
        token = operators.add(session, name="ops", role="operator")[1]
    with requests.Session() as opened:
        opened.trust_env = False
        opened.headers["Authorization"] = f"Bearer {token}"
        yield lambda method, path, **options: opened.request(
            method, web + path, timeout=30, allow_redirects=False, **options
        )


def rings(server):
    with redis.Redis.from_url(server.url) as client:
        return client.llen(QUEUE)


def release():
    """The run that is due ends, so that another may begin."""
    with writing() as session:
        for run in session.query(SyncRun).filter_by(status="due"):
            run.status = "succeeded"


def test_orders_are_taken_whatever_redis_does(send, empty_redis):
    def order():
        began = time.monotonic()
        answer = send("POST", "/api/ops/syncs/b2b.products/run", json={"force": True})
        assert answer.status_code == 202, answer.text
        assert time.monotonic() - began < 3
        release()

    assert send("GET", "/healthz").json()["status"] == "ready"
    order()
    until(lambda: rings(empty_redis) == 1, what="the ring")

    empty_redis.freeze()
    order()
    order()
    empty_redis.thaw()

    empty_redis.kill()
    order()
    until(lambda: send("GET", "/healthz").json()["status"] == "degraded", what="the health")
    assert send("GET", "/readyz").status_code == 200

    empty_redis.start()
    until(lambda: send("GET", "/healthz").json()["status"] == "ready", what="the health")
    with reading() as session:
        assert session.query(SyncRun).count() == 4


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_server_says_nothing_about_itself(send, web):
    answers = [
        send("GET", "/"),
        send("GET", "/nothing"),
        send("POST", "/api/ops/failures/retry", data=b"[" * 100_000),
        send("POST", "/api/ops/failures/retry", data=iter([b"{", b"}"])),
        send("POST", "/api/ops/failures/retry", data=b"a" * (2 * 1024 * 1024 + 1)),
    ]
    json = {"Content-Type": "application/json"}
    answers.append(
        send("POST", "/api/ops/failures/retry", data=b"a" * (2 * 1024 * 1024 + 1), headers=json)
    )

    for answer in answers:
        assert "Server" not in answer.headers
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.status_code < 500
    assert answers[-1].json()["code"] == "BODY_TOO_LARGE"
