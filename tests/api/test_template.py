"""The art site's two doors: sync all of it, is it well."""

from __future__ import annotations

import pytest

from api.till import waiting
from db.models import AuditEvent, SyncRun, TemplateCheck
from db.session import reading, writing
from db.work import states
from sandbox.faults import HTML, CountLie, Slow, Status
from tests.api.given import working
from tests.syncs import rows

SYNC = "POST /admin/api/sync-template"
HEALTH = "GET /admin/api/template-health"
COUNTS = {
    "settings": 8, "paintings": 25, "orders": 12, "users": 8, "exhibitions": 6,
    "custom_requests": 5, "stats": 7,
}  # fmt: skip


def test_seven_runs_are_due_and_who_asked_is_kept(template, ask):
    answer = ask(SYNC, role="operator", json={"why": "new paintings"})

    told = answer.get_json()
    assert answer.status_code == 202
    assert (told["success"], told["message"]) == (True, "Synchronization started")
    assert [one["sync"] for one in told["runs"]] == [f"template.{name}" for name in COUNTS]
    assert {one["status"] for one in told["runs"]} == {"enqueued"}
    assert rows.count(SyncRun) == len(COUNTS)
    with reading() as session:
        (event,) = session.query(AuditEvent)
        assert (event.who, event.subject, event.why) == (
            "operator:a-operator", "template", "new paintings",
        )  # fmt: skip
    assert not list(template.log)


def test_asked_again_each_run_is_followed_by_one_more_at_most(template, ask):
    first, again = (ask(SYNC).get_json()["runs"] for _ in range(2))

    assert {one["status"] for one in again} == {"running"}
    assert [one["run_id"] for one in again] == [one["run_id"] for one in first]
    assert rows.count(SyncRun) == len(COUNTS)


def test_who_waits_is_told_how_many_records_there_are(template, ask):
    with working():
        answer = ask(f"{SYNC}?wait=1")

    assert answer.status_code == 200
    assert answer.get_json() == {
        "success": True, "message": "Synchronization completed", "data": COUNTS,
    }  # fmt: skip


def test_a_table_of_which_something_is_missing_is_named(template, ask):
    template.faults.add(CountLie(endpoint="users", offset=2))
    with working():
        told = ask(f"{SYNC}?wait=1").get_json()

    assert (told["success"], told["partial"]) == (True, ["users"])


def test_a_table_that_fails_is_a_bad_gateway_and_the_others_are_in(template, ask):
    template.faults.add(HTML(endpoint="orders"))
    with working():
        answer = ask(f"{SYNC}?wait=1")

    told = answer.get_json()
    assert (answer.status_code, told["success"]) == (502, False)
    assert told["error"].startswith("orders: ")
    assert told["data"] == {name: count for name, count in COUNTS.items() if name != "orders"}


def test_a_paused_table_is_told_as_one_that_is_not_in(template, ask):
    with writing() as session:
        states.pause(session, "template.users", paused=True)
    with working():
        answer = ask(f"{SYNC}?wait=1")

    assert answer.status_code == 502
    assert answer.get_json()["error"] == "users: paused."


def test_an_error_from_before_anybody_asked_is_no_outcome(template, ask):
    down = HTML(endpoint="any")
    template.faults.add(down)
    with working():
        before = ask(f"{SYNC}?wait=1")
    assert before.status_code == 502
    template.faults.clear()

    with working():
        answer = ask(f"{SYNC}?wait=1")

    assert (answer.status_code, answer.get_json()["data"]) == (200, COUNTS)


def test_a_run_that_fails_once_more_is_told_by_its_new_error(template, ask):
    template.faults.add(HTML(endpoint="orders"))
    with working():
        assert "not JSON" in ask(f"{SYNC}?wait=1").get_json()["error"]
    template.faults.clear()
    template.faults.add(Status(endpoint="orders", status=500))

    with working():
        error = ask(f"{SYNC}?wait=1").get_json()["error"]

    assert "500" in error
    assert "not JSON" not in error


def test_patience_ends_and_the_runs_go_on(template, ask, monkeypatch):
    monkeypatch.setattr("api.ops.template.LONGEST", 0.3)
    template.faults.add(Slow(endpoint="settings", seconds=3))
    with working():
        answer = ask(f"{SYNC}?wait=1")

    assert answer.status_code == 202


def test_when_all_seats_are_taken_nobody_waits(template, ask, app):
    with waiting.SEATS.seat(1):
        app.config["MOST_WAITING"] = 1
        assert ask(f"{SYNC}?wait=1").status_code == 202


@pytest.mark.parametrize("wait", ["2", "yes", ""])
def test_wait_is_one_or_nothing(template, ask, wait):
    assert ask(f"{SYNC}?wait={wait}").status_code == 400


def test_nobody_but_an_operator_starts_it_and_a_viewer_may_look(template, ask):
    assert ask(SYNC, role="viewer").status_code == 403
    assert ask(HEALTH, role="viewer").status_code == 200
    assert ask(HEALTH, role=None).status_code == 401


def test_health_is_asked_now(template, ask):
    told = ask(HEALTH).get_json()

    assert told == {"success": True, "healthy": True, "kind": "ok", "base_url": template.url}
    template.key = "sk_other"
    told = ask(HEALTH).get_json()
    assert (told["success"], told["healthy"], told["kind"]) == (True, False, "auth")
    assert len(template.log) == 2
    assert rows.count(TemplateCheck) == 0
    assert "sk_test" not in str(told)


@pytest.mark.parametrize("door", [SYNC, HEALTH, "POST /api/ops/syncs/template.users/run"])
def test_without_its_settings_nothing_is_begun(ask, door):
    answer = ask(door)

    assert (answer.status_code, answer.get_json()["code"]) == (409, "NOT_CONFIGURED")
    assert "TEMPLATE_API_KEY" in answer.get_json()["detail"]
    assert rows.count(SyncRun) == 0
