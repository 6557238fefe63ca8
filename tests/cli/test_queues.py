"""``queues``: what lies in the broker, and purging it."""

from __future__ import annotations

import json

import pytest
import redis

import core.settings
from core.queues import UNACKED
from db.models import AuditEvent
from db.session import reading
from db.work.failures import UNREAD
from tests import messages
from tests.servers import Redis

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PRIORITY = "\x06\x163"


@pytest.fixture
def broker(store, empty_redis: Redis, monkeypatch: pytest.MonkeyPatch) -> redis.Redis:
    """The broker, empty."""
    monkeypatch.setenv("REDIS_URL", empty_redis.url)
    core.settings.reset()
    return redis.Redis.from_url(empty_redis.url)


def fill(broker: redis.Redis, queue: str, *raws: bytes) -> None:
    for raw in raws:
        broker.lpush(f"moulin:{queue}", raw)


def ours(queue: str, ident: str = "a") -> bytes:
    return json.dumps(messages.good(queue, ident)).encode()


def test_each_queue_is_listed_with_what_it_holds(broker, told, cli):
    fill(broker, "sales", b"canary", ours("sales"))
    fill(broker, f"sales{PRIORITY}", *[ours("sales", "b")] * 30)
    broker.set("moulin:upkeep", "canary")
    taken = json.dumps([messages.good("sync", "c"), "", "sync"])
    broker.hset(UNACKED, mapping={"c": taken, "d": "canary"})

    sales, outbox, upkeep, sync = told("queues", "list")
    printed = cli("queues", "list")

    assert (sales["messages"], sales["holds"]) == (32, {UNREAD: 1, "upkeep.forget": 19})
    assert sales["oldest"].startswith("A message that could not be read: it is no JSON. 6 bytes,")
    assert (outbox["messages"], outbox["oldest"], outbox["unacked"]) == (0, None, 0)
    assert (upkeep["messages"], upkeep["wrong_type"]) == (0, "string")
    assert (sync["messages"], sync["unacked"]) == (0, 1)
    assert "queues purge upkeep" in printed.stderr
    assert "failed list --task unread" in printed.stderr
    assert "canary" not in printed.output


def test_a_purge_asks_and_does_nothing_when_that_is_not_confirmed(broker, cli):
    fill(broker, "sales", ours("sales"))

    refused = cli("queues", "purge", "sales", exit=1, stdin="n\n")

    assert "Purge sales?" in refused.stderr
    assert broker.llen("moulin:sales") == 1


def test_a_purge_says_what_went_and_what_comes_back(broker, cli):
    fill(broker, "sales", ours("sales"), b"canary")
    broker.set("moulin:upkeep", "canary")

    done = cli("queues", "purge", "sales", "upkeep", "--yes", "--why", "garbage", "--json")

    assert json.loads(done.stdout) == [
        {"queue": "sales", "messages": 2}, {"queue": "upkeep", "messages": 0},
    ]  # fmt: skip
    assert "sales: 2 purged" in done.stderr
    assert "come back by themselves" in done.stderr
    assert broker.keys("moulin:*") == []
    with reading() as session:
        acts = session.query(AuditEvent).order_by(AuditEvent.id).all()
    assert [(act.what, act.subject, act.why) for act in acts] == [
        ("queue.purge", "queue sales", "garbage"), ("queue.purge", "queue upkeep", "garbage"),
    ]  # fmt: skip
    assert all(act.who.startswith("cli:") for act in acts)


def test_of_several_queues_none_is_purged_when_one_is_none(broker, cli):
    fill(broker, "sales", ours("sales"))

    refused = cli("queues", "purge", "sales", "celery", "--yes", exit=1)

    assert "There is no queue named 'celery'; 'queues list' shows them." in refused.stderr
    assert broker.llen("moulin:sales") == 1


@pytest.mark.parametrize("words", [("list",), ("purge", "sales", "--yes")])
@pytest.mark.parametrize(
    ("url", "code", "said"),
    [
        ("redis://127.0.0.1:1/0", 69, "The broker does not answer"),
        ("amqp://127.0.0.1", 1, "only the queues of a Redis"),
        ("", 78, "No broker: set REDIS_URL"),
    ],
)
def test_without_a_broker_it_says_what_is_missing(cli, monkeypatch, words, url, code, said):
    monkeypatch.setenv("REDIS_URL", url)
    core.settings.reset()

    assert said in cli("queues", *words, exit=code).stderr
