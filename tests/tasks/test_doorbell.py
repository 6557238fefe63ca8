"""The doorbell: ids in the message and nothing else, and never in anybody's way.

In processes of their own, for Celery's connections belong to a process.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from tests.servers import Redis, free_port

pytestmark = pytest.mark.processes
ROOT = Path(__file__).resolve().parents[2]
RING = """
import time, worker
from tasks import doorbell
heard = doorbell.ring("sync.b2b.products", 12)
began = time.monotonic()
again = [doorbell.ring("sync.b2b.products", 12) for _ in range(100)] if not heard else []
print(heard, any(again), time.monotonic() - began < 0.5)
"""


def ring(url: str) -> str:
    """What a process says that rings a worker over the broker at ``url``."""
    done = subprocess.run(
        [sys.executable, "-c", RING],
        cwd=ROOT,
        env=dict(os.environ) | {"REDIS_URL": url, "MOULIN_DOTENV": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_message_carries_the_runs_id_alone(empty_redis: Redis):
    assert ring(empty_redis.url).startswith("True")

    with redis.Redis.from_url(empty_redis.url) as client:
        message = json.loads(client.lpop("moulin:sync"))
    args, kwargs, _ = json.loads(base64.b64decode(message["body"]))
    assert (args, kwargs) == ([12], {})
    assert message["headers"]["task"] == "sync.b2b.products"


def test_a_silent_broker_costs_one_try_and_then_nothing():
    # A hundred tries against a closed port would take seconds; none of them was made.
    assert ring(f"redis://127.0.0.1:{free_port()}/0") == "False False True"


def test_what_is_in_a_queues_place_is_a_ring_that_nobody_hears(empty_redis: Redis):
    with redis.Redis.from_url(empty_redis.url) as client:
        client.set("moulin:sync", "canary")

    assert ring(empty_redis.url) == "False False True"
