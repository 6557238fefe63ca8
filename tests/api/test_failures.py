"""Failures over HTTP: one, or many behind a canary."""

from __future__ import annotations

import pytest

from core.messages import UnreadError
from db.models import AuditEvent, BulkAct, FailedTask, SyncRun
from db.session import reading, writing
from db.work import failures
from tests.syncs.acts.made import Worker
from worker import unread

DISMISS = "POST /api/ops/failures/dismiss"
RETRY = "POST /api/ops/failures/retry"
ALL: dict[str, object] = {"filter": {"all": True}, "why": "the key was renewed"}


def fail(sync="b2b.products", message="It broke."):
    """A failure of a sync, with the run that failed."""
    with writing() as session:
        run = SyncRun(sync=sync, options={}, trigger="cli", status="failed")
        session.add(run)
        session.flush()
        return failures.record(
            session, task=f"sync.{sync}", task_id="t", args=[run.id], kwargs={}, queue="sync",
            attempts=[{"type": "FatalError", "code": "FATAL", "message": message}], run_id=run.id,
        )  # fmt: skip


def lose():
    """A failure of a task that is no sync."""
    with writing() as session:
        return failures.record(
            session, task="upkeep.forget", task_id="t", args=[1], kwargs={}, queue="upkeep",
            attempts=[{"type": "ValueError", "message": "m"}],
        )  # fmt: skip


def end(run_id, status):
    with writing() as session:
        session.get_one(SyncRun, run_id).status = status


def states():
    with reading() as session:
        return {item.id: item.state for item in session.query(FailedTask)}


def test_open_failures_are_listed_and_one_is_shown_whole(ask):
    ident = fail()
    closed = fail("b2b.categories")
    ask(f"POST /api/ops/failures/{closed}/dismiss", json={"why": "old"})

    listed = ask("GET /api/ops/failures", role="viewer").get_json()["results"]
    every = ask("GET /api/ops/failures?state=all").get_json()["results"]
    whole = ask(f"GET /api/ops/failures/{ident}").get_json()

    assert [item["id"] for item in listed] == [ident]
    assert [item["id"] for item in every] == [closed, ident]
    assert listed[0]["error"] == "It broke."
    assert (whole["args"], whole["kwargs"], whole["queue"]) == ([whole["run_id"]], {}, "sync")
    assert whole["attempts"][0]["type"] == "FatalError"
    query = f"task=sync.b2b.products&fingerprint={whole['fingerprint']}"
    assert len(ask(f"GET /api/ops/failures?{query}").get_json()["results"]) == 1
    assert ask("GET /api/ops/failures?task=other").get_json()["results"] == []


def test_a_failed_sync_runs_again(ask):
    ident = fail()

    answer = ask(f"POST /api/ops/failures/{ident}/retry", role="operator", json={"why": "cured"})

    assert answer.status_code == 202
    with reading() as session:
        assert session.get_one(SyncRun, answer.get_json()["run_id"]).status == "due"
        failed = session.get_one(FailedTask, ident)
        assert (failed.state, failed.who, failed.why) == ("retried", "operator:a-operator", "cured")
        assert session.query(AuditEvent).one().what == "failure.retry"
    assert answer.headers["Location"] == f"/api/ops/runs/{answer.get_json()['run_id']}"


def test_a_closed_failure_is_not_retried_again(ask):
    ident = fail()
    ask(f"POST /api/ops/failures/{ident}/retry")

    for act, sent in (("retry", {}), ("dismiss", {"why": "w"})):
        answer = ask(f"POST /api/ops/failures/{ident}/{act}", json=sent)

        assert (answer.status_code, answer.get_json()["code"]) == (409, "REFUSED")


def test_another_task_stays_open_while_the_broker_is_away(ask):
    ident = lose()

    answer = ask(f"POST /api/ops/failures/{ident}/retry")

    assert (answer.status_code, answer.get_json()["code"]) == (503, "BROKER_AWAY")
    assert "Retry-After" in answer.headers
    assert states() == {ident: "open"}


def test_a_dismissal_wants_a_reason(ask):
    ident = fail()

    refused = ask(f"POST /api/ops/failures/{ident}/dismiss")
    assert (refused.status_code, refused.get_json()["errors"][0]["field"]) == (422, "why")
    assert states() == {ident: "open"}

    done = ask(f"POST /api/ops/failures/{ident}/dismiss", json={"why": "shop closed"})

    assert done.get_json() == {"id": ident, "state": "dismissed"}
    with reading() as session:
        event = session.query(AuditEvent).one()
        assert (event.what, event.why) == ("failure.dismiss", "shop closed")


def test_who_retries_one_of_two_retries_one(ask):
    with writing() as session:
        run = SyncRun(sync="b2b.products", options={}, trigger="cli", status="failed")
        session.add(run)
        session.flush()
        first, second = [
            failures.record(
                session, task="sync.b2b.products", task_id="t", args=[run.id], kwargs={},
                queue="sync", attempts=[{"type": "E", "code": code}], run_id=run.id,
            )
            for code in ("A", "B")
        ]  # fmt: skip

    answer = ask(f"POST /api/ops/failures/{first}/retry")

    assert answer.status_code == 202
    assert states() == {first: "retried", second: "open"}


def test_an_act_that_failed_goes_on(ask):
    act_id = ask(RETRY, json=ALL).get_json()["id"]
    with writing() as session:
        session.get_one(BulkAct, act_id).status = "failed"
        ident = failures.record(
            session, task="upkeep.act", task_id="t", args=[act_id], kwargs={}, queue="upkeep",
            attempts=[],
        )  # fmt: skip

    answer = ask(f"POST /api/ops/failures/{ident}/retry")

    assert answer.get_json() == {"status": "enqueued", "act_id": act_id}
    assert answer.headers["Location"] == f"/api/ops/acts/{act_id}"


def test_a_dry_run_counts_and_does_nothing(ask):
    fail()
    fail("b2b.categories")

    assert ask(RETRY, json={**ALL, "dry_run": True}).get_json() == {"dry_run": True, "matching": 2}
    only = {"filter": {"task": "sync.b2b.products"}, "dry_run": True}
    assert ask(RETRY, json=only).get_json()["matching"] == 1
    everything = {"filter": {"all": True}, "why": "w", "dry_run": True}
    assert ask(DISMISS, json=everything).get_json()["matching"] == 2
    assert set(states().values()) == {"open"}


def test_all_that_match_are_retried_by_a_worker_and_one_run_serves_one_sync(ask):
    old, new, other = fail(), fail(), fail("b2b.categories")

    answer = ask(RETRY, json=ALL, role="operator")

    act = answer.get_json()
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/api/ops/acts/{act['id']}"
    assert (act["kind"], act["status"], act["filter"]) == ("failure.retry", "due", {})
    assert (act["matching"], act["done"], act["left"]) == (3, 0, 3)
    assert (act["who"], act["why"]) == ("operator:a-operator", "the key was renewed")
    # The request did nothing of it.
    assert set(states().values()) == {"open"}

    Worker().work(act["id"])

    assert states() == {old: "retried", new: "retried", other: "retried"}
    ended = ask(f"GET {answer.headers['Location']}", role="viewer").get_json()
    assert (ended["status"], ended["done"], ended["left"]) == ("done", 3, 0)
    assert len(ended["reopened"]) == 2


def test_all_that_match_are_dismissed_by_a_worker(ask):
    kept, gone = fail("b2b.categories"), fail()

    answer = ask(DISMISS, json={"filter": {"task": "sync.b2b.products"}, "why": "test data"})
    Worker().work(answer.get_json()["id"])

    assert states() == {kept: "open", gone: "dismissed"}
    refused = ask(DISMISS, json={"filter": {"all": True}})
    assert [each["field"] for each in refused.get_json()["errors"]] == ["why"]


def test_more_than_one_wants_a_reason(ask):
    first = fail()
    assert ask(RETRY, json={"filter": {"all": True}}).status_code == 202
    fail()

    answer = ask(RETRY, json={"filter": {"all": True}})

    assert answer.status_code == 422
    assert answer.get_json()["errors"] == [
        {
            "field": "why",
            "message": "2 rows match: an act on more than one needs a reason.",
        }
    ]
    assert states()[first] == "open"


def test_the_rest_waits_for_a_canary_and_is_left_alone_when_it_died(ask):
    fail(), fail()
    act_id = ask(RETRY, json={**ALL, "canary": 1}).get_json()["id"]

    waits = ask(RETRY, json=ALL)
    Worker().work(act_id)
    with writing() as session:
        session.query(SyncRun).filter_by(status="due").update({"status": "failed"})
    died = ask(RETRY, json=ALL)

    assert (waits.status_code, waits.get_json()["code"]) == (409, "CANARY_RUNNING")
    assert waits.headers["Retry-After"] == "10"
    assert f"act {act_id}" in waits.get_json()["detail"]
    assert (died.status_code, died.get_json()["code"]) == (409, "CANARY_FAILED")
    assert sorted(states().values()) == ["open", "retried"]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "filter"),
        ({"filter": None}, "filter"),
        ({"filter": {}}, "filter"),
        ({"filter": {"task": None}}, "filter.task"),
        ({"filter": {"all": False}}, "filter.all"),
        ({"filter": {"all": True, "task": "sync.b2b.products"}}, "filter"),
        ({"filter": {"tasks": "x"}}, "filter.tasks"),
        ({"filter": {"task": "a b"}}, "filter.task"),
        ({"filter": {"fingerprint": 5}}, "filter.fingerprint"),
        ({"filter": {"all": True}, "canary": 0}, "canary"),
        ({"filter": {"all": True}, "canary": 101}, "canary"),
        ({"filter": {"all": True}, "canary": 1.5}, "canary"),
        ({"filter": {"all": True}, "dry_run": "no"}, "dry_run"),
        ({"filter": {"all": True}, "why": " "}, "why"),
    ],
)
def test_an_unclear_order_does_nothing(ask, sent, field):
    ident = fail()

    answer = ask(RETRY, json=sent)

    assert answer.status_code == 422
    assert [each["field"] for each in answer.get_json()["errors"]] == [field]
    assert ask("GET /api/ops/acts").get_json()["results"] == []
    assert states() == {ident: "open"}


def test_a_message_that_could_not_be_read_is_dismissed_and_not_retried(ask):
    unread.keep(b"canary", "sales", UnreadError("MESSAGE_JSON", "it is no JSON"))
    (line,) = ask("GET /api/ops/failures?task=unread").get_json()["results"]
    path = f"/api/ops/failures/{line['id']}"

    refused = ask(f"POST {path}/retry", json={"why": "again"})
    counted = ask(RETRY, json={**ALL, "dry_run": True})
    whole = ask(f"GET {path}").get_json()
    dismissed = ask(f"POST {path}/dismiss", json={"why": "known"})

    assert (refused.status_code, refused.get_json()["code"]) == (409, "REFUSED")
    assert f"POST {path}/dismiss" in refused.get_json()["detail"]
    assert counted.get_json()["matching"] == 0
    assert line["error"].startswith("A message that could not be read: it is no JSON.")
    assert (whole["queue"], whole["kwargs"]["size"], whole["args"]) == ("sales", 6, [])
    assert dismissed.status_code == 200
