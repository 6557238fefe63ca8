"""Whatever lies in Redis, the next good message is processed, by the same worker."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial

import pytest
import redis
from sqlalchemy import func, select

from core.broker import PREFIX, QUEUES
from core.queues import UNACKED
from db.models import FailedTask
from db.session import reading
from db.work.failures import UNREAD
from tests import messages
from tests.faults.stage import Process, Stage
from tests.servers import Redis, until
from worker.keys import TYPES, UNACKED_INDEX

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
AT_START = (f"{PREFIX}_kombu.binding.sales", f"{PREFIX}sales\x06\x163")


@pytest.fixture
def wire(empty_redis: Redis) -> Iterator[redis.Redis]:
    """The broker as anybody with its password has it."""
    with redis.Redis.from_url(empty_redis.url) as client:
        yield client


def kept() -> int:
    """How many messages that could not be read are kept."""
    unread = select(func.count()).select_from(FailedTask).where(FailedTask.task == UNREAD)
    with reading() as session:
        return session.scalar(unread) or 0


def send(wire: redis.Redis, queue: str, ident: str) -> None:
    """One good message; ``redis.ResponseError`` while something else is in the queue's place."""
    wire.lpush(PREFIX + queue, json.dumps(messages.good(queue, ident)))


def processed(worker: Process, *idents: str) -> None:
    """Return when the worker has processed these messages."""
    for ident in idents:
        worker.says(f"Task upkeep.forget[{ident}] succeeded")


def healed(wire: redis.Redis, queue: str, ident: str) -> bool:
    try:
        send(wire, queue, ident)
    except redis.ResponseError:
        return False
    return True


def poison_queues(wire: redis.Redis, after: str) -> int:
    """Everything bad in every queue, and one good message behind it; how many bad ones."""
    count = 0
    for queue in QUEUES:
        for _, raw in messages.bad(queue):
            wire.lpush(PREFIX + queue, raw)
            count += 1
        send(wire, queue, f"{after}-{queue}")
    return count


def poison_taken(wire: redis.Redis, after: str) -> int:
    """What a dead worker had taken: bad entries, and behind them the last that is given back."""
    entries = [raw for _, raw in messages.raw("sales")]
    entries += [
        json.dumps([json.loads(raw) if raw[:1] == b"{" else 7, "", "sales"]).encode()
        for _, raw in list(messages.bad("sales"))[-30:]
    ]
    good = messages.good("sales", f"{after}-taken")
    entries += [json.dumps(each).encode() for each in ([good], [good, 7, 8], [good, "", "other"])]
    for number, entry in enumerate(entries):
        wire.hset(UNACKED, f"bad-{number}", entry)
        wire.zadd(UNACKED_INDEX, {f"bad-{number}": 1000 + number})
    wire.hset(UNACKED, "good", json.dumps([good, "", "sales"]))
    wire.zadd(UNACKED_INDEX, {"good": 1})
    return len(entries)


def misplace(wire: redis.Redis, *keys: str) -> int:
    """Something else in the place of these keys."""
    for key in keys:
        wire.delete(key)
        wire.set(key, "canary-of-another-program")
    return len(keys)


def broadcast(wire: redis.Redis, stage: Stage) -> None:
    """Noise for all workers, then a command that one must answer."""
    for raw in messages.broadcasts().values():
        assert wire.publish(f"{PREFIX}/0.celery.pidbox", raw) == 1
    pong = stage.start("-m", "celery", "-A", "worker", "inspect", "ping", "--timeout", "10")
    assert pong.process.wait(60) == 0, pong.output


def fill(wire: redis.Redis, worker: Process) -> None:
    """No memory for what a worker notes when it takes a message; then there is some again."""
    worker.freeze()
    send(wire, "sales", "lost")
    wire.config_set("maxmemory", 1)
    worker.thaw()
    worker.says("OutOfMemoryError")
    wire.config_set("maxmemory", 0)
    send(wire, "sales", "after-full")


def test_no_message_stops_a_worker(stage: Stage, wire: redis.Redis):
    """One worker from its start to its end, and nothing of what it could not read in its log."""
    expected = poison_queues(wire, "first") + poison_taken(wire, "first")
    expected += misplace(wire, *AT_START)
    worker = stage.worker()
    children = {child.pid for child in worker.children()}
    processed(worker, *(f"first-{name}" for name in (*QUEUES, "taken")))
    # The queues take turns, however many bad ones are in each.
    turns = re.findall(r"message\.unread .*queue=(sales|outbox|upkeep|sync) ", worker.output)
    assert set(turns[:12]) == set(QUEUES)

    expected += poison_queues(wire, "then") + poison_taken(wire, "then")
    broadcast(wire, stage)
    processed(worker, *(f"then-{name}" for name in (*QUEUES, "taken")))
    until(lambda: kept() == expected, what="all kept", why_not=lambda: f"{kept()} of {expected}")

    expected += misplace(wire, *TYPES)
    for queue in QUEUES:
        until(partial(healed, wire, queue, f"healed-{queue}"), what=f"{queue} again")
    processed(worker, *(f"healed-{queue}" for queue in QUEUES))
    until(lambda: kept() == expected, what="all kept", why_not=lambda: f"{kept()} of {expected}")

    fill(wire, worker)
    processed(worker, "after-full")
    until(lambda: not wire.hlen(UNACKED) and not wire.zcard(UNACKED_INDEX), what="all acknowledged")
    assert worker.alive
    assert {child.pid for child in worker.children()} == children
    assert worker.output.count("message.unread") == expected
    assert "a string was in the place of sales; it is deleted" in worker.output
    assert "mingle" not in worker.output
    assert "canary" not in worker.output
    worker.process.terminate()
    assert worker.process.wait(30) == 0
