"""Commands that are carried out: once, whatever the vendor answers and whoever dies."""

from __future__ import annotations

import json

import pytest

from connectors.limits.rate import is_urgent
from core import crypto
from core.errors import RefusedError
from db.session import writing
from db.types import db_now
from db.work import outbox_acts
from syncs.outbox import send
from tests import toy
from tests.given_commands import carry_out, change, died, price, put, row

ONE = [("CAFE", "2.40")]
KEYLESS = pytest.mark.parametrize("kind", ["keyless"])
BLIND = pytest.mark.parametrize("kind", ["blind"])


def test_a_command_is_a_row_then_a_call_then_done(vendor):
    ident = put(price(), key="price-7")

    waiting = row(ident)
    assert (waiting.status, waiting.key, waiting.sent_at) == ("waiting", "price-7", None)
    assert "2.40" not in waiting.payload
    assert json.loads(crypto.unseal(waiting.payload)) == {
        "prices": [{"sku": "CAFE", "price": "2.4000", "currency": "EUR"}]
    }

    assert carry_out(ident) == "done"
    done = row(ident)
    assert vendor.writes == ONE
    assert (done.attempts, done.external_id, done.error) == (1, "CAFE", None)
    assert done.results == [
        {"key": "CAFE", "outcome": "updated", "external_id": "CAFE", "error": None}
    ]
    assert done.done_at is not None
    assert carry_out(ident) is None
    assert vendor.writes == ONE


@pytest.mark.parametrize("kind", ["keyed", "keyless"])
def test_a_lost_answer_is_sent_again_under_its_key_or_looked_for_first(vendor, kind):
    ident = put()
    vendor.next = ["lost"]

    assert carry_out(ident) == "waiting"
    assert row(ident).sent_at is not None
    assert carry_out(ident) == "done"

    assert vendor.writes == ONE
    again = "POST /articles" if kind == "keyed" else "GET /articles"
    assert vendor.asked == ["POST /articles", again]


@pytest.mark.parametrize("kind", ["keyed", "keyless"])
def test_who_dies_after_the_call_leaves_it_to_the_next(vendor, kind):
    ident = put()
    died(ident)

    assert carry_out(ident) == "done"
    assert vendor.writes == ONE


@KEYLESS
def test_what_a_look_does_not_find_is_sent(vendor):
    ident = put()
    vendor.next = [503]

    assert [carry_out(ident), carry_out(ident)] == ["waiting", "done"]
    assert vendor.asked == ["POST /articles", "GET /articles", "POST /articles"]
    assert vendor.writes == ONE


@KEYLESS
def test_a_look_that_fails_is_not_absence(vendor):
    ident = put()
    vendor.next, vendor.blind = ["lost"], 500

    assert [carry_out(ident) for _ in range(3)] == ["waiting"] * 3
    assert vendor.asked == ["POST /articles", *["GET /articles"] * 2]

    vendor.blind = 0
    assert carry_out(ident) == "done"
    assert vendor.writes == ONE


@KEYLESS
def test_who_may_not_look_asks_a_person(vendor):
    ident = put()
    vendor.next, vendor.blind = ["lost"], 403

    assert [carry_out(ident), carry_out(ident)] == ["waiting", "unknown"]
    assert len(vendor.asked) == 2


@BLIND
@pytest.mark.parametrize("how", ["lost", 500, 409])
def test_without_keys_and_without_a_look_a_person_decides(vendor, how, caplog):
    ident = put()
    vendor.next = [how]

    carry_out(ident)
    state = carry_out(ident) or row(ident).status

    assert state == "unknown"
    assert "Nobody knows" in (row(ident).error or "")
    assert row(ident).done_at is None
    assert len([line for line in vendor.asked if line.startswith("POST")]) == 1
    assert any("outbox.unknown" in str(each.msg) for each in caplog.records)


def test_whose_outcome_stays_open_for_a_day_becomes_unknown(vendor):
    ident = put()
    vendor.next = [500, 500]

    assert carry_out(ident) == "waiting"
    change(ident, sent_at=db_now(-24 * 3600))
    assert carry_out(ident) == "unknown"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_a_refusal_has_failed(vendor, status):
    ident = put()
    vendor.next = [status]

    assert carry_out(ident) == "failed"
    assert str(status) in (row(ident).error or "")
    assert carry_out(ident) is None


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 503])
def test_what_may_have_been_done_is_sent_again(vendor, status):
    ident = put()
    vendor.next = [status]

    assert carry_out(ident) == "waiting"
    waiting = row(ident)
    assert waiting.not_before is not None
    assert str(status) in (waiting.error or "")
    assert send.carry_out(ident).state is None, "not before its moment"
    assert carry_out(ident) == "done"
    assert vendor.writes == ONE


def test_a_conflict_that_lasts_is_left_to_a_person(vendor):
    ident = put()
    vendor.next = [409] * 9

    states = [carry_out(ident) for _ in range(5)]

    assert states == ["waiting"] * 4 + ["unknown"]


def test_a_vendor_that_is_away_is_waited_for(vendor, monkeypatch):
    ident = put()
    vendor.next = [503] * 4

    assert [carry_out(ident) for _ in range(5)] == ["waiting"] * 4 + ["done"]
    assert row(ident).attempts == 5
    assert len(row(ident).errors) == 4


def test_some_items_may_fail(vendor):
    ident = put(price(), price("LAIT"))

    assert carry_out(ident) == "done"
    done = row(ident)
    assert [each["outcome"] for each in done.results] == ["updated", "failed"]
    assert done.error == "1 of 2 items failed"
    assert done.external_id is None


def test_of_which_all_items_fail_has_failed(vendor):
    ident = put(price("LAIT"))

    assert carry_out(ident) == "failed"
    assert row(ident).error == "1 of 1 items failed"


def test_a_worker_that_dies_of_it_again_and_again_leaves_it_to_a_person(vendor):
    ident = put()
    for _ in range(5):
        died(ident)

    assert carry_out(ident) == "unknown"
    assert vendor.asked == []


@KEYLESS
def test_of_what_waits_in_doubt_a_person_may_say_what_came(vendor):
    ident = put()
    vendor.next = ["lost"]
    carry_out(ident)

    with pytest.raises(RefusedError, match="is waiting and was sent"), writing() as session:
        outbox_acts.cancel(session, ident)
    with writing() as session:
        outbox_acts.resolve(session, ident, "failed")

    assert row(ident).status == "failed"
    assert carry_out(ident) is None


@BLIND
def test_what_a_person_has_sent_again_is_sent_as_if_it_never_was(vendor):
    ident = put()
    change(ident, status="unknown", sent_at=db_now(-60))
    with writing() as session:
        outbox_acts.resolve(session, ident, "retry")

    assert carry_out(ident) == "done"
    assert vendor.writes == ONE


def test_a_vendor_that_cannot_be_reached_was_sent_nothing(vendor, monkeypatch):
    ident = put()
    monkeypatch.setitem(toy.SOURCES, "toy", toy.source(toy.BlindToy, "http://127.0.0.1:1"))

    assert carry_out(ident) == "waiting"
    assert row(ident).sent_at is None
    with writing() as session:
        outbox_acts.cancel(session, ident)
    assert row(ident).status == "canceled"


def test_a_connector_that_is_gone_is_waited_for(vendor, monkeypatch):
    ident = put()
    there = toy.SOURCES["toy"]
    monkeypatch.delitem(toy.SOURCES, "toy")

    assert carry_out(ident) == "waiting"
    assert "no connector 'toy'" in (row(ident).error or "")
    assert row(ident).sent_at is None

    monkeypatch.setitem(toy.SOURCES, "toy", there)
    assert carry_out(ident) == "done"


def test_a_vendor_that_asks_to_wait_is_waited_for(vendor):
    ident = put()
    vendor.next = ["later"]

    carry_out(ident)

    waiting = row(ident)
    assert waiting.not_before is not None
    assert waiting.sent_at is not None
    assert (waiting.not_before - waiting.sent_at).total_seconds() >= 77


def test_a_vendor_that_is_down_is_left_alone(vendor):
    """The breaker is open after five failures: nothing more is sent, and nothing is in doubt."""
    for number in range(5):
        vendor.next = [503]
        carry_out(put(price(f"A{number}")))
    later = put()

    assert carry_out(later) == "waiting"
    assert len(vendor.asked) == 5
    assert row(later).sent_at is None
    assert row(later).errors[-1]["code"] == "CIRCUIT_OPEN"


def test_commands_pass_before_syncs(vendor, monkeypatch):
    seen = []

    class Watched(toy.KeyedToy):
        def push_prices(self, changes, *, key):
            seen.append(is_urgent())
            return super().push_prices(changes, key=key)

    monkeypatch.setitem(toy.SOURCES, "toy", toy.source(Watched, vendor.url))

    assert carry_out(put()) == "done"
    assert seen == [True]
