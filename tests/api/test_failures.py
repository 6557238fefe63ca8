"""Failures over HTTP: one, or many behind a canary."""

from __future__ import annotations

import pytest

from core.messages import UnreadError
from db.models import AuditEvent, FailedTask, SyncRun
from db.session import reading, writing
from db.work import failures
from worker import unread

RETRY = "POST /api/ops/failures/retry"
ALL: dict[str, object] = {"filter": {}}


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


def test_a_dry_run_counts_and_does_nothing(ask):
    fail()
    fail("b2b.categories")

    assert ask(RETRY, json={**ALL, "dry_run": True}).get_json() == {"dry_run": True, "matching": 2}
    only = {"filter": {"task": "sync.b2b.products"}, "dry_run": True}
    assert ask(RETRY, json=only).get_json()["matching"] == 1
    assert set(states().values()) == {"open"}


def test_all_that_match_are_retried_and_one_run_serves_one_sync(ask):
    old, new, other = fail(), fail(), fail("b2b.categories")

    answer = ask(RETRY, json=ALL)

    found = answer.get_json()
    assert answer.status_code == 202
    assert [item["id"] for item in found["retried"]] == [other, new]
    assert (found["matching"], found["refused"], found["left"]) == (3, [], 0)
    assert states() == {old: "retried", new: "retried", other: "retried"}


def test_what_cannot_be_retried_is_told_and_does_not_stop_the_rest(ask):
    lost, failed = lose(), fail()

    found = ask(RETRY, json=ALL).get_json()

    assert [item["id"] for item in found["retried"]] == [failed]
    assert [(item["id"], item["code"]) for item in found["refused"]] == [(lost, "BROKER_AWAY")]
    assert found["left"] == 1


@pytest.fixture
def canary(ask):
    """The first of two failures is retried; its run's id, and the one that waits."""
    waits, chosen = fail("b2b.categories"), fail()
    found = ask(RETRY, json={**ALL, "canary": 1, "why": "cured?"}).get_json()
    assert [item["id"] for item in found["retried"]] == [chosen]
    assert (found["canary"], found["left"]) == (1, 1)
    return found["retried"][0]["run_id"], waits


def test_the_rest_waits_while_the_canary_runs(ask, canary):
    run_id, waits = canary

    answer = ask(RETRY, json=ALL)

    assert (answer.status_code, answer.get_json()["code"]) == (409, "CANARY_RUNNING")
    assert str(run_id) in answer.get_json()["detail"]
    assert states()[waits] == "open"


@pytest.mark.parametrize("status", ["succeeded", "partial", "needs_approval"])
def test_the_rest_follows_a_canary_that_lives(ask, canary, status):
    run_id, waits = canary
    end(run_id, status)

    found = ask(RETRY, json=ALL).get_json()

    assert [item["id"] for item in found["retried"]] == [waits]


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_the_rest_is_left_alone_when_the_canary_died(ask, canary, status):
    run_id, waits = canary
    end(run_id, status)

    answer = ask(RETRY, json=ALL)

    assert (answer.status_code, answer.get_json()["code"]) == (409, "CANARY_FAILED")
    assert states()[waits] == "open"


def test_a_new_failure_of_the_kind_stops_the_rest_too(ask, canary):
    end(canary[0], "succeeded")
    fail()

    assert ask(RETRY, json=ALL).get_json()["code"] == "CANARY_FAILED"


def test_after_a_cure_a_new_canary_decides(ask, canary):
    end(canary[0], "failed")

    found = ask(RETRY, json={**ALL, "canary": 1}).get_json()
    end(found["retried"][0]["run_id"], "succeeded")

    assert found["retried"][0]["id"] == canary[1]
    assert ask(RETRY, json=ALL).status_code == 202


def test_a_canary_speaks_for_its_own_filter_only(ask, canary):
    answer = ask(RETRY, json={"filter": {"task": "sync.b2b.categories"}})

    assert answer.status_code == 202
    assert [item["id"] for item in answer.get_json()["retried"]] == [canary[1]]


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"filter": None},
        {"filter": {"tasks": "x"}},
        {"filter": {"task": "a b"}},
        {"filter": {}, "canary": 0},
        {"filter": {}, "canary": 101},
        {"filter": {}, "canary": 1.5},
        {"filter": {}, "dry_run": "no"},
    ],
)
def test_an_unclear_order_does_nothing(ask, sent):
    ident = fail()

    assert ask(RETRY, json=sent).status_code == 422
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
