"""``/inventory/sync/…/``: operators look, and ask the gate."""

import pytest

from db.models import AuditEvent, SyncRun
from db.session import reading, writing
from db.types import db_now
from db.work import states
from tests.api.catalogue import synced

KINDS = {"products": "b2b.products", "categories": "b2b.categories"}


def runs():
    with reading() as session:
        return [(row.sync, row.status, row.trigger) for row in session.query(SyncRun)]


@pytest.mark.parametrize(("kind", "name"), KINDS.items())
def test_a_sync_is_shown_as_the_list_of_all_shows_it(ask, kind, name):
    told = ask(f"GET /inventory/sync/{kind}/", role="operator").get_json()

    listed = ask("GET /api/ops/syncs").get_json()["results"]
    assert told in listed
    assert told["name"] == name


@pytest.mark.parametrize(("kind", "name"), KINDS.items())
def test_a_run_is_asked_for_and_noted(ask, kind, name):
    answer = ask(f"POST /inventory/sync/{kind}/", role="operator")

    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/api/ops/runs/{answer.get_json()['run_id']}"
    assert runs() == [(name, "due", "api")]
    with reading() as session:
        [event] = session.query(AuditEvent)
        assert (event.who, event.subject) == ("operator:a-operator", name)


def test_fresh_data_is_not_fetched_again(ask):
    synced(hours_ago=1)

    answer = ask("POST /inventory/sync/products/")

    assert (answer.status_code, answer.get_json()["status"]) == (200, "fresh")
    assert runs() == []


FORCED = [{"query_string": "force=1"}, {"data": {"force": "1"}}, {"json": {"force": True}}]


@pytest.mark.parametrize("how", FORCED, ids=["query", "form", "JSON"])
def test_unless_it_is_forced_by_the_query_by_a_form_or_by_json(ask, how):
    synced(hours_ago=1)

    answer = ask("POST /inventory/sync/products/", **how)

    assert answer.status_code == 202


def test_a_reason_in_json_is_noted(ask):
    ask("POST /inventory/sync/products/", json={"why": "prices changed"})

    with reading() as session:
        assert [event.why for event in session.query(AuditEvent)] == ["prices changed"]


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"json": {"forced": True}}, 422),
        ({"json": {"force": "1"}}, 422),
        ({"json": [True]}, 422),
        ({"data": "force=1"}, 415),
        ({"data": "force=1", "content_type": "text/plain"}, 415),
        ({"data": {"force": "1" * (2 * 1024 * 1024)}}, 413),
    ],
    ids=["unknown", "a text", "a list", "no type", "plain text", "a large form"],
)
def test_a_body_that_nobody_would_read_is_refused(ask, how, status):
    answer = ask("POST /inventory/sync/products/", **how)

    assert answer.status_code == status
    assert runs() == []


def test_a_run_on_its_way_is_named_and_paused_is_paused(ask):
    first = ask("POST /inventory/sync/products/").get_json()["run_id"]
    again = ask("POST /inventory/sync/products/")
    with writing() as session:
        states.pause(session, "b2b.categories", paused=True)
    paused = ask("POST /inventory/sync/categories/?force=1")

    assert (again.get_json()["status"], again.get_json()["run_id"]) == ("running", first)
    assert (paused.status_code, paused.get_json()["status"]) == (200, "paused")


def test_no_force_passes_what_the_source_asked_for(ask):
    with writing() as session:
        states.locked(session, "b2b.products").source_wait_until = db_now(600)

    answer = ask("POST /inventory/sync/products/?force=1")

    assert (answer.status_code, answer.get_json()["status"]) == (200, "waiting")


@pytest.mark.parametrize("how", [{"query_string": "force=perhaps"}, {"data": {"forced": "1"}},
                                 {"query_string": "force=0", "data": {"force": "1"}}])  # fmt: skip
def test_an_order_that_makes_no_sense_is_none(ask, how):
    answer = ask("POST /inventory/sync/products/", **how)

    assert (answer.status_code, answer.get_json()["code"]) == (400, "INVALID_QUERY")
    assert runs() == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_readers_may_not(ask, method):
    assert ask(f"{method} /inventory/sync/products/", role=None).status_code == 401
    assert ask(f"{method} /inventory/sync/products/", role="viewer").status_code == 403


def test_there_are_no_other_kinds(ask):
    assert ask("POST /inventory/sync/sales/").status_code == 404
