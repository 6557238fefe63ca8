"""Queues over HTTP: what lies in the broker, and purging it."""

from __future__ import annotations

import json

import pytest
import redis

import core.settings
from db.models import AuditEvent
from db.session import reading
from tests import messages
from tests.servers import Redis

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def broker(store, empty_redis: Redis, monkeypatch: pytest.MonkeyPatch) -> redis.Redis:
    """The broker, with a good and a bad message in ``sales``."""
    monkeypatch.setenv("REDIS_URL", empty_redis.url)
    core.settings.reset()
    client = redis.Redis.from_url(empty_redis.url)
    client.lpush("moulin:sales", json.dumps(messages.good("sales", "first")))
    client.lpush("moulin:sales", b"canary")
    return client


def test_a_viewer_sees_what_the_queues_hold(ask, broker):
    answer = ask("GET /api/ops/queues", role="viewer").get_json()

    sales, *others = answer["results"]
    assert answer["next"] is None
    assert sales == {
        "name": "sales", "messages": 2, "unacked": 0, "holds": {"upkeep.forget": 1, "unread": 1},
        "oldest": "upkeep.forget first", "wrong_type": None,
    }  # fmt: skip
    assert [queue["messages"] for queue in others] == [0, 0, 0]


def test_an_operator_purges_a_queue_and_is_remembered(ask, broker):
    answer = ask("POST /api/ops/queues/sales/purge", role="operator", json={"why": "garbage"})

    assert answer.get_json() == {"queue": "sales", "messages": 2}
    assert broker.llen("moulin:sales") == 0
    with reading() as session:
        event = session.query(AuditEvent).one()
    assert (event.who, event.what, event.subject, event.why, event.details) == (
        "operator:a-operator", "queue.purge", "queue sales", "garbage", {"messages": 2},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("url", "status", "code"),
    [
        ("redis://127.0.0.1:1/0", 503, "BROKER_AWAY"),
        ("amqp://127.0.0.1", 409, "REFUSED"),
        ("", 503, "CONFIGURATION"),
    ],
)
@pytest.mark.parametrize("what", ["GET /api/ops/queues", "POST /api/ops/queues/sales/purge"])
def test_a_broker_that_cannot_be_looked_at_is_said_so(ask, monkeypatch, url, status, code, what):
    monkeypatch.setenv("REDIS_URL", url)
    core.settings.reset()

    answer = ask(what)

    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    with reading() as session:
        assert session.query(AuditEvent).count() == 0


def test_there_is_no_other_queue(ask, broker):
    answer = ask("POST /api/ops/queues/celery/purge")

    assert (answer.status_code, answer.get_json()["code"]) == (404, "NOT_FOUND")
