"""Rejects over HTTP: what was received, tried again after a fix, or discarded."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func

import core.settings
from db.models import AuditEvent, Product, Reject
from db.session import reading, writing
from db.work import rejects
from db.work.rejects import Refusal
from tests.syncs.acts.made import Worker
from tests.syncs.sales.conftest import beside, open_rejects, sale, sales, till

__all__ = ["beside", "till"]

REPLAY = "POST /api/ops/rejects/replay"
DISCARD = "POST /api/ops/rejects/discard"
RICE = {"id": 1, "name": "Rice", "price": "2.50", "stock": 3}


def refuse(payload, *, code="MISSING", sync="b2b.products"):
    """A refused record; its reject's id."""
    ident = str(payload["id"]) if "id" in payload else None
    refusal = Refusal(
        external_id=ident, code=code, field="name", message="is missing", payload=payload
    )
    with writing() as session:
        rejects.keep(session, sync, None, [refusal])
        return session.query(func.max(Reject.id)).scalar()


def states():
    with reading() as session:
        return {item.id: item.state for item in session.query(Reject)}


def test_a_reject_is_shown_with_its_payload_to_those_who_act(ask):
    ident = refuse(RICE)

    line = ask("GET /api/ops/rejects?sync=b2b.products&code=MISSING").get_json()["results"][0]
    seen = ask(f"GET /api/ops/rejects/{ident}", role="viewer").get_json()
    whole = ask(f"GET /api/ops/rejects/{ident}", role="operator").get_json()

    assert line == seen
    assert (seen["external_id"], seen["code"], seen["field"]) == ("1", "MISSING", "name")
    assert whole == {**seen, "payload": RICE}


def test_a_payload_that_is_no_json_is_answered_in_json(ask):
    ident = refuse({"id": 5, "price": float("nan"), "name": "\ud800"})

    answer = ask(f"GET /api/ops/rejects/{ident}")

    assert answer.get_json()["payload"] == {"id": 5, "price": "NaN", "name": "\ud800"}
    assert ": NaN" not in answer.text


def test_a_record_is_written_after_a_fix(ask):
    ident = refuse(RICE)

    answer = ask(f"POST /api/ops/rejects/{ident}/replay", role="operator")

    assert answer.get_json() == {"id": ident, "state": "replayed"}
    with reading() as session:
        assert session.query(Product).one().title == "Rice"
        event = session.query(AuditEvent).one()
        assert (event.who, event.what) == ("operator:a-operator", "reject.replay")
    again = ask(f"POST /api/ops/rejects/{ident}/replay")
    assert (again.status_code, again.get_json()["code"]) == (409, "REFUSED")


def test_a_record_that_is_still_wrong_stays_open(ask):
    ident = refuse({"id": 2})

    answer = ask(f"POST /api/ops/rejects/{ident}/replay")

    assert answer.status_code == 409
    assert "name" in answer.get_json()["detail"]
    assert states() == {ident: "open"}


def test_discarding_wants_a_reason(ask):
    ident = refuse({"id": 2})

    assert ask(f"POST /api/ops/rejects/{ident}/discard").status_code == 422
    done = ask(f"POST /api/ops/rejects/{ident}/discard", json={"why": "test data"})

    assert done.get_json() == {"id": ident, "state": "discarded"}
    assert ask("GET /api/ops/rejects").get_json()["results"] == []
    assert len(ask("GET /api/ops/rejects?state=discarded").get_json()["results"]) == 1


def test_what_was_discarded_is_not_discarded_again(ask):
    ident = refuse({"id": 2})
    ask(f"POST /api/ops/rejects/{ident}/discard", json={"why": "test data"})

    again = ask(f"POST /api/ops/rejects/{ident}/discard", json={"why": "once more"})

    assert (again.status_code, again.get_json()["code"]) == (409, "REFUSED")


def test_many_are_replayed_by_a_worker_each_on_its_own(ask):
    good, bad, other = refuse(RICE), refuse({"id": 2}), refuse({**RICE, "id": 3}, code="PRICE")
    everything = {"filter": {"all": True}, "why": "the price is mended"}

    counted = ask(REPLAY, json={**everything, "dry_run": True}).get_json()
    one = ask(REPLAY, json={"filter": {"code": "PRICE"}}).get_json()
    Worker().work(one["id"])
    rest = ask(REPLAY, json={"filter": {"sync": "b2b.products"}, "why": "w"})
    Worker().work(rest.get_json()["id"])

    assert counted == {"dry_run": True, "matching": 3}
    assert (one["kind"], one["matching"]) == ("reject.replay", 1)
    ended = ask(f"GET {rest.headers['Location']}").get_json()
    assert (ended["done"], ended["refused"], ended["refusals"][0]["id"]) == (1, 1, bad)
    assert states() == {good: "replayed", bad: "open", other: "replayed"}


def test_many_are_discarded_by_a_worker(ask):
    kept, gone = refuse({"id": 1}), refuse({"id": 2}, code="PRICE")

    counted = ask(DISCARD, json={"filter": {"code": "PRICE"}, "why": "w", "dry_run": True})
    act = ask(DISCARD, json={"filter": {"code": "PRICE"}, "why": "a test"}).get_json()
    Worker().work(act["id"])

    assert counted.get_json()["matching"] == 1
    assert states() == {kept: "open", gone: "discarded"}


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"filter": {}}, "filter"),
        ({"filter": {"task": "sync.b2b.products"}}, "filter.task"),
        ({"filter": {"code": ""}}, "filter.code"),
        ({"filter": {"all": True}, "after": 3}, "after"),
    ],
)
def test_an_unclear_order_does_nothing(ask, sent, field):
    ident = refuse(RICE)

    for order in (REPLAY, DISCARD):
        answer = ask(order, json={"why": "w", **sent})

        assert answer.status_code == 422
        assert [each["field"] for each in answer.get_json()["errors"]] == [field]
    assert states() == {ident: "open"}


def test_more_than_one_wants_a_reason(ask):
    refuse({"id": 1}), refuse({"id": 2})

    for order in (REPLAY, DISCARD):
        answer = ask(order, json={"filter": {"all": True}})
        assert [each["field"] for each in answer.get_json()["errors"]] == ["why"]


def test_a_payload_that_was_altered_is_told(ask):
    altered = refuse({"id": 2})
    with writing() as session:
        session.get_one(Reject, altered).payload = "not sealed"

    shown = ask(f"GET /api/ops/rejects/{altered}")

    assert (shown.status_code, shown.get_json()["code"]) == (500, "ALTERED")


def test_a_key_that_is_not_held_is_a_wrong_setting(ask, monkeypatch):
    ident = refuse(RICE)
    monkeypatch.setenv("INVENTORY_ENCRYPTION_KEY", Fernet.generate_key().decode())
    core.settings.reset()

    answer = ask(f"GET /api/ops/rejects/{ident}")

    assert (answer.status_code, answer.get_json()["code"]) == (503, "CONFIGURATION")


def test_a_conflict_names_both_sales_and_is_sold_under_another_number(ask, till, beside):
    till.send(sale("A", client="Awa Diop"))
    beside.send(sale("A", client="Awa Diop"))
    (reject,) = open_rejects()
    address = f"/api/ops/rejects/{reject.id}"

    seen = ask(f"GET {address}", role="viewer")
    refused = ask(f"POST {address}/replay", json={"number": "\u200bA"})
    done = ask(f"POST {address}/replay", json={"number": "A-2"}, role="operator")

    assert (seen.get_json()["shop"], seen.get_json()["terminal"]) == (
        {"id": 2, "name": "Ma Boutique"}, {"id": 3, "name": "Caisse 2"},
    )  # fmt: skip
    assert seen.get_json()["conflicts_with"]["invoice_number"] == "A"
    assert "Awa" not in seen.text
    assert (refused.status_code, refused.get_json()["code"]) == (409, "REFUSED")
    assert done.get_json() == {"id": reject.id, "state": "replayed"}
    assert [each.invoice_number for each in sales()] == ["A", "A-2"]


@pytest.mark.parametrize("number", ["", " ", "A" * 65, "A\nB", 12, ["A"], True])
def test_what_is_no_number_is_named(ask, number):
    answer = ask(f"POST /api/ops/rejects/{refuse(RICE)}/replay", json={"number": number})

    assert (answer.status_code, answer.get_json()["code"]) == (422, "INVALID_FIELDS")
    assert answer.get_json()["errors"][0]["field"] == "number"


def test_a_record_has_no_number(ask):
    ident = refuse(RICE)

    answer = ask(f"POST /api/ops/rejects/{ident}/replay", json={"number": "A"})

    assert (answer.status_code, states()[ident]) == (409, "open")
    assert "is no sale" in answer.get_json()["detail"]
