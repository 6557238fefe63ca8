"""Syncs over HTTP: the gate's answers, pauses, and what is kept of who asked."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

import core.settings
from api.bell import BELL
from db.models import AuditEvent, SyncRun, SyncState
from db.session import reading, writing
from db.types import db_now
from db.work import states
from syncs.registry import SYNCS

RUN = "POST /api/ops/syncs/b2b.products/run"


def state(**values):
    with writing() as session:
        row = states.locked(session, "b2b.products")
        for name, value in values.items():
            setattr(row, name, value)


def audit():
    with reading() as session:
        return [
            (event.who, event.what, event.subject, event.why)
            for event in session.query(AuditEvent).order_by(AuditEvent.id)
        ]


def last_details():
    with reading() as session:
        return session.query(AuditEvent).order_by(AuditEvent.id.desc()).limit(1).one().details


def runs():
    with reading() as session:
        return [(run.id, run.status, run.options) for run in session.query(SyncRun)]


def test_every_declared_sync_is_listed(ask):
    found = {item["name"]: item for item in ask("GET /api/ops/syncs").get_json()["results"]}

    assert found.keys() == SYNCS.keys()
    products = found["b2b.products"]
    assert products["task"] == "sync.b2b.products"
    assert products["summary"] == SYNCS["b2b.products"].summary
    assert products["schedule"] == "10 */2 * * *"
    assert products["options"] == {"site_id": "int"}
    assert products["state"] == "never_run"
    assert products["last_run"] is None


def test_the_schedule_shown_is_the_one_that_holds(ask, monkeypatch):
    monkeypatch.setenv("SYNC_SCHEDULE_B2B_PRODUCTS", "1-5 3 * * 1")
    monkeypatch.setenv("SYNC_SCHEDULE_B2B_CATEGORIES", "")
    core.settings.reset()

    found = ask("GET /api/ops/syncs").get_json()["results"]

    of_b2b = [item for item in found if item["name"].startswith("b2b.")]
    assert {item["name"]: item["schedule"] for item in of_b2b} == {
        "b2b.categories": None,
        "b2b.products": "1-5 3 * * 1",
    }


def test_a_run_is_enqueued_without_any_broker(ask):
    began = time.monotonic()

    answer = ask(RUN, role="operator")

    assert time.monotonic() - began < 2
    assert answer.status_code == 202
    run_id = answer.get_json()["run_id"]
    assert answer.get_json() == {"status": "enqueued", "run_id": run_id, "sync": "b2b.products"}
    assert answer.headers["Location"] == f"/api/ops/runs/{run_id}"
    assert runs() == [(run_id, "due", {})]
    assert audit() == [("operator:a-operator", "sync.run", "b2b.products", None)]
    assert ask(f"GET {answer.headers['Location']}").get_json()["trigger"] == "api"


def test_options_and_a_reason_go_with_it(ask):
    ask(RUN, json={"options": {"site_id": 7}, "why": "new shop"})

    assert runs()[0][2] == {"site_id": 7}
    assert audit()[0][3] == "new shop"


def test_fresh_data_is_not_fetched_again_unless_forced(ask):
    state(last_success_at=db_now(-60))

    fresh = ask(RUN)
    forced = ask(RUN, json={"force": True})

    assert (fresh.status_code, fresh.get_json()["status"]) == (200, "fresh")
    assert fresh.get_json()["since"].endswith("+00:00")
    assert forced.status_code == 202
    assert len(audit()) == 1


def test_a_run_on_its_way_is_named(ask):
    first = ask(RUN).get_json()["run_id"]

    again = ask(RUN)

    assert again.status_code == 200
    assert again.get_json() == {
        "status": "running",
        "sync": "b2b.products",
        "run_id": first,
        "released": False,
        "queued": False,
        "follow_up": False,
    }


def test_forced_while_one_runs_one_more_follows(ask):
    first = ask(RUN).get_json()["run_id"]
    with writing() as session:
        session.get_one(SyncRun, first).status = "running"

    answers = [ask(RUN, json={"force": True}).get_json() for _ in range(2)]

    assert [(told["follow_up"], told["queued"]) for told in answers] == [
        (True, True),
        (True, False),
    ]
    assert len(runs()) == 1
    # The second brought nothing about.
    assert [what for _, what, _, _ in audit()] == ["sync.run"] * 2
    assert last_details() == {
        "force": True, "options": {}, "run": first, "released": False, "queued": True,
    }  # fmt: skip


def test_forced_while_one_backs_off_it_is_released_noted_and_rung_for(ask, monkeypatch):
    rung = []
    monkeypatch.setattr(BELL, "ring", lambda task, ident: rung.append((task, ident)))
    first = ask(RUN).get_json()["run_id"]
    rung.clear()
    with writing() as session:
        session.get_one(SyncRun, first).not_before = db_now(600)

    answers = [ask(RUN, json={"force": True, "why": "it is cured"}).get_json() for _ in range(2)]

    assert [(told["status"], told["released"]) for told in answers] == [
        ("running", True),
        ("running", False),
    ]
    assert rung == [("sync.b2b.products", first)]
    assert [why for _, _, _, why in audit()] == [None, "it is cured"]
    assert last_details()["released"] is True


def test_what_the_source_of_a_run_asked_for_cannot_be_forced_either(ask):
    first = ask(RUN).get_json()["run_id"]
    state(source_wait_until=db_now(600))

    answer = ask(RUN, json={"force": True, "options": {"site_id": 1}})

    assert answer.get_json()["status"] == "waiting"
    assert len(audit()) == 1
    with reading() as session:
        assert session.get_one(SyncState, "b2b.products").follow_up is None
    assert runs() == [(first, "due", {})]


def test_what_a_source_asked_for_cannot_be_forced(ask):
    state(source_wait_until=db_now(600))

    answer = ask(RUN, json={"force": True})

    assert (answer.status_code, answer.get_json()["status"]) == (200, "waiting")
    assert "not_before" in answer.get_json()
    assert audit() == []


def test_a_paused_sync_does_not_run_until_it_is_resumed(ask):
    paused = ask("POST /api/ops/syncs/b2b.products/pause", json={"why": "stocktaking"})
    assert paused.get_json() == {"sync": "b2b.products", "paused": True}
    assert ask(RUN, json={"force": True}).get_json()["status"] == "paused"
    listed = {
        item["name"]: item["state"] for item in ask("GET /api/ops/syncs").get_json()["results"]
    }
    assert listed["b2b.products"] == "paused"

    assert ask("POST /api/ops/syncs/b2b.products/resume").get_json()["paused"] is False

    assert ask(RUN).status_code == 202
    assert [(what, why) for _, what, _, why in audit()] == [
        ("sync.pause", "stocktaking"),
        ("sync.resume", None),
        ("sync.run", None),
    ]


@pytest.mark.parametrize("act", ["run", "pause", "resume"])
def test_an_unknown_sync_is_not_found(ask, act):
    answer = ask(f"POST /api/ops/syncs/nothing/{act}")

    assert answer.status_code == 404
    assert "b2b.products" in answer.get_json()["detail"]


def test_twenty_requests_at_once_start_one_run(app, tokens):
    def post(_):
        with app.test_client() as client:
            headers = {"Authorization": f"Bearer {tokens['operator']}"}
            return client.post("/api/ops/syncs/b2b.products/run", headers=headers).status_code

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(post, range(20)))

    assert sorted(answers) == [200] * 19 + [202]
    assert len(runs()) == 1


@pytest.fixture
def asked_since(monkeypatch):
    """The products of a source that can be asked for what changed."""
    products = replace(SYNCS["b2b.products"], replication_key="updated_at")
    monkeypatch.setitem(SYNCS.declared, products.name, products)


def test_a_run_over_a_period_keeps_it_as_it_was_asked(ask, asked_since):
    period = {"since": "2026-11-01", "until": "2026-11-02T06:00:00+01:00"}

    assert ask(RUN, json={"options": period}).status_code == 202
    assert [options for _, _, options in runs()] == [period]
    listed = {each["name"]: each for each in ask("GET /api/ops/syncs").get_json()["results"]}
    assert listed["b2b.products"]["options"] == {
        "site_id": "int", "since": "date", "until": "date",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("period", "sentence"),
    [
        ({"since": "gestern"}, "since: a day such as 2026-11-01"),
        ({"until": 20261101}, "until: a day such as 2026-11-01"),
        ({"since": "2026-11-02", "until": "2026-11-01"}, "until: must be later than since"),
    ],
)
def test_a_wrong_period_is_refused_by_name(ask, asked_since, period, sentence):
    refused = ask(RUN, json={"options": period})

    assert refused.status_code == 422
    [error] = refused.get_json()["errors"]
    assert error["message"].startswith(sentence)
    assert runs() == []
