"""What vendors announced, as operators see it; and an event that is processed once more."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select, update

import core.settings
from api.ops import webhooks as ops
from db.models import AuditEvent, WebhookEvent
from db.session import reading, writing
from db.work import failures
from syncs import trying
from tests.api.test_webhooks import NoBell
from tests.webhooks import configure, deliver, events, order

URL = "/api/ops/webhooks"


@pytest.fixture
def bell(monkeypatch) -> NoBell:
    heard = NoBell()
    monkeypatch.setattr("api.hooks.webhooks.BELL", heard)
    monkeypatch.setattr(ops, "BELL", heard)
    monkeypatch.setattr("api.ops.failures.BELL", heard)
    return heard


@pytest.fixture
def square(store, app, bell, monkeypatch, tmp_path) -> Flask:
    configure(monkeypatch, tmp_path / "config")
    made: Flask = app
    return made


def end(**values: object) -> None:
    with writing() as session:
        session.execute(update(WebhookEvent).values(**values))


def test_events_are_listed_by_connector_and_state(square, ask):
    deliver(square, order("ORD1", event="e-1"))
    deliver(square, b"no JSON")

    unread, waits = ask(f"GET {URL}", role="viewer").get_json()["results"]

    assert (waits["subject"], waits["state"], waits["error"]) == ("transactions/ORD1", "due", None)
    assert (unread["kind"], unread["state"]) == ("unreadable", "failed")
    assert unread["error"].startswith("the body: ")
    assert ask(f"GET {URL}?state=failed").get_json()["results"] == [unread]
    assert ask(f"GET {URL}?connector=other").get_json()["results"] == []
    assert ask(f"GET {URL}?limit=1").get_json()["next"] == f"{URL}?limit=1&cursor={unread['id']}"


def test_an_event_is_shown_without_what_was_sent(square, ask):
    deliver(square, order("ORD1"))

    answer = ask(f"GET {URL}/1", role="viewer")

    assert answer.get_json()["attempts"] == []
    assert "body" not in answer.get_json()
    assert "MLFICTIVE" not in answer.text
    assert ask(f"GET {URL}/2").status_code == 404


@pytest.mark.parametrize("status", ["done", "failed"])
def test_an_event_that_has_ended_is_replayed_and_audited(square, ask, bell, status):
    deliver(square, order("ORD1"))
    end(status=status, failures=5)
    bell.rung.clear()

    answer = ask(f"POST {URL}/1/replay", role="operator", json={"why": "cured"})

    assert (answer.status_code, answer.get_json()) == (202, {"id": 1, "state": "due"})
    assert answer.headers["Location"] == f"{URL}/1"
    [event] = events()
    assert (event.status, event.failures, event.done_at) == ("due", 0, None)
    assert bell.rung == [("webhooks.process", 1)]
    with reading() as session:
        noted = session.scalars(select(AuditEvent).where(AuditEvent.what == "event.replay")).one()
    assert (noted.subject, noted.why) == ("event 1", "cured")


def test_an_event_is_read_anew(square, ask):
    deliver(square, order("ORD1"))
    # As an older version that did not know its kind has kept it.
    end(status="done", subject=None, kind="unreadable")

    assert ask(f"POST {URL}/1/replay", json={}).status_code == 202

    [event] = events()
    assert (event.kind, event.subject) == ("order.updated", "transactions/ORD1")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"no JSON", "cannot be read"),
        (b'{"type": "labor.shift.created"}', "concerns nothing that is synced"),
        (order(), "is not over yet"),
    ],
    ids=["unreadable", "of no interest", "due"],
)
def test_what_cannot_be_replayed_says_why(square, ask, bell, body, why):
    deliver(square, body)
    before = events()[0].status
    bell.rung.clear()

    answer = ask(f"POST {URL}/1/replay", json={})

    assert answer.status_code == 409
    assert why in answer.get_json()["detail"]
    assert (events()[0].status, bell.rung) == (before, [])


def test_without_its_connector_an_event_is_not_replayed(square, ask, monkeypatch, tmp_path):
    deliver(square, order())
    end(status="done")
    monkeypatch.setenv("CONNECTORS_DIR", str(tmp_path / "nothing"))
    core.settings.reset()

    answer = ask(f"POST {URL}/1/replay", json={})

    assert (answer.status_code, events()[0].status) == (404, "done")


def test_a_failed_event_is_retried_like_any_failed_task(square, ask, bell):
    deliver(square, order())
    end(status="failed")
    with writing() as session:
        failed = failures.record(
            session, task="webhooks.process", task_id=None, args=[1], kwargs={}, queue="sync",
            attempts=[trying.attempt(ValueError("no"), None)],
        )  # fmt: skip

    answer = ask(f"POST /api/ops/failures/{failed}/retry", json={})

    assert (answer.status_code, answer.get_json()["webhook_id"]) == (202, 1)
    assert answer.headers["Location"] == f"{URL}/1"
    assert events()[0].status == "due"
