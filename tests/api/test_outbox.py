"""Commands to vendors over HTTP: given once, followed, agreed to, taken back, resolved."""

from __future__ import annotations

import pytest

from core import crypto
from tests import toy
from tests.api.pages import STATUS, Page
from tests.api.visitor import Visitor
from tests.given_commands import audited, change, died, price, put, row
from tests.toy import Vendor

PRICES = {"prices": [price()]}
DO = "POST /api/ops/connectors/toy/commands/push_prices"


def test_a_command_is_accepted_and_followed(ask, vendor: Vendor):
    answer = ask(DO, role="operator", json=PRICES)
    ident = answer.get_json()["outbox_id"]

    assert answer.status_code == 202
    assert answer.get_json() == {
        "outbox_id": ident, "state": "waiting", "external_id": None, "results": [], "error": None,
    }  # fmt: skip
    assert answer.headers["Location"] == f"/api/ops/outbox/{ident}"
    followed = ask(f"GET {answer.headers['Location']}", role="operator").get_json()
    assert (followed["state"], followed["verb"], followed["waits_for"]) == (
        "waiting", "push_prices", [],
    )  # fmt: skip
    assert followed["payload"] == {"prices": [{**price(), "price": "2.4000"}]}
    assert vendor.asked == []
    assert audited() == [("command.order", f"command {ident}", None)]


def test_a_viewer_sees_neither_the_body_nor_the_answer(ask, vendor):
    ident = put()

    command = ask(f"GET /api/ops/outbox/{ident}", role="viewer").get_json()

    assert command["state"] == "waiting"
    assert not {"payload", "answer"} & command.keys()
    assert ask(DO, role="viewer", json=PRICES).status_code == 403


def test_the_same_key_again_is_the_first_command(ask, vendor):
    headers = {"Idempotency-Key": "price of today"}

    first, again = (ask(DO, json=PRICES, headers=headers) for _ in range(2))

    assert (first.status_code, again.status_code) == (202, 200)
    assert first.get_json() == again.get_json()
    assert first.headers["Location"] == again.headers["Location"]
    other = ask(DO, json={"prices": [price(amount="9.90")]}, headers=headers)
    assert (other.status_code, other.get_json()["code"]) == (422, "KEY_REUSED")
    assert f"command {first.get_json()['outbox_id']}" in other.get_json()["detail"]
    assert "9.90" not in other.text


def test_without_a_key_a_request_is_known_by_its_id(ask, vendor):
    headers = {"X-Request-ID": "a-request"}

    answers = [ask(DO, json=PRICES, headers=headers) for _ in range(2)]
    later = ask(DO, json=PRICES)

    assert [each.status_code for each in answers] == [202, 200]
    assert later.status_code == 202


def test_in_development_no_command_goes_to_what_is_real(ask, store, monkeypatch):
    monkeypatch.setitem(toy.SOURCES, "toy", toy.source(toy.Toy, "https://toy.example"))

    answer = ask(DO, json=PRICES)

    assert (answer.status_code, answer.get_json()["code"]) == (409, "REFUSED")
    assert "no command goes to toy.example" in answer.get_json()["detail"]


def test_every_problem_of_a_body_is_named_and_nothing_is_stored(ask, vendor):
    body = {
        "prices": [
            {"sku": "A", "price": "1.005", "currency": "EUR"},
            {"price": "1", "currency": "EUR"},
            {"sku": "B", "price": "x", "currency": "euro"},
            {"sku": "C", "currency": "EUR", "colour": "red"},
        ]
    }

    answer = ask(DO, json=body)

    assert (answer.status_code, answer.get_json()["code"]) == (422, "INVALID_FIELDS")
    assert [each["field"] for each in answer.get_json()["errors"]] == [
        "prices.0", "prices.1", "prices.2.price", "prices.2.currency", "prices.3.price",
        "prices.3.colour",
    ]  # fmt: skip
    assert ask("GET /api/ops/outbox").get_json()["results"] == []


@pytest.mark.parametrize("body", [None, {"prices": []}, [1], "x", {"prices": "all"}])
def test_a_body_that_is_none_is_refused(ask, vendor, body):
    assert ask(DO, json=body).status_code == 422


def test_what_there_is_not_is_said_with_what_there_is(ask, vendor):
    connector = ask(DO.replace("toy", "square"), json=PRICES)
    verb = ask(DO.replace("push_prices", "sing"), json=PRICES)

    assert (connector.status_code, verb.status_code) == (404, 404)
    assert connector.get_json()["detail"] == "There is no connector 'square'; there are: toy."
    assert verb.get_json()["detail"] == (
        "There is no verb 'sing' at toy; there are: push_prices, push_products, push_promotion."
    )


def test_what_the_vendor_lacks_is_named(ask, vendor):
    promotion = {"name": "Midi", "percentage": 10}

    answer = ask(DO.replace("push_prices", "push_promotion"), json=promotion)

    assert (answer.status_code, answer.get_json()["code"]) == (422, "NOT_SUPPORTED")
    assert "push_promotion" in answer.get_json()["detail"]


def test_a_key_that_is_none_is_refused(ask, vendor):
    answer = ask(DO, json=PRICES, headers={"Idempotency-Key": "é" * 3})

    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == "key"


def test_commands_are_listed_by_connector_and_state(ask, vendor):
    first, second = put(), put(price("THE"))
    change(first, status="unknown")

    listed = ask("GET /api/ops/outbox", role="viewer").get_json()["results"]
    unknown = ask("GET /api/ops/outbox?state=unknown&connector=toy").get_json()["results"]

    assert [line["id"] for line in listed] == [second, first]
    assert [line["id"] for line in unknown] == [first]
    assert ask("GET /api/ops/outbox?connector=other").get_json()["results"] == []
    assert ask("GET /api/ops/outbox?state=sent").status_code == 400


def test_a_command_waits_for_approval(ask, vendor):
    ident = put()
    change(ident, status="approval")

    approved = ask(f"POST /api/ops/outbox/{ident}/approve", role="operator", json={"why": "yes"})

    assert (approved.status_code, approved.get_json()["state"]) == (200, "waiting")
    assert audited()[-1] == ("command.approve", f"command {ident}", "yes")
    assert ask(f"POST /api/ops/outbox/{ident}/approve").status_code == 409


def test_what_was_never_sent_is_taken_back(ask, vendor):
    ident, sent = put(), put(price("THE"))
    died(sent)

    cancelled = ask(f"POST /api/ops/outbox/{ident}/cancel")
    refused = ask(f"POST /api/ops/outbox/{sent}/cancel")

    assert cancelled.get_json()["state"] == "canceled"
    assert (refused.status_code, refused.get_json()["code"]) == (409, "REFUSED")
    assert row(sent).status == "sending"


@pytest.mark.parametrize(
    ("given", "state"), [("done", "done"), ("failed", "failed"), ("retry", "waiting")]
)
def test_a_person_says_what_came_of_it(ask, vendor, given, state):
    ident = put()
    change(ident, status="unknown")

    told = ask(f"POST /api/ops/outbox/{ident}/resolve", json={"state": given, "why": "I looked"})

    assert (told.status_code, told.get_json()["state"]) == (200, state)
    assert audited()[-1] == ("command.resolve", f"command {ident}", "I looked")
    again = ask(f"POST /api/ops/outbox/{ident}/resolve", json={"state": given, "why": "again"})
    assert again.status_code == 409
    assert ask(f"POST /api/ops/outbox/{ident}/resolve", json={"state": "done"}).status_code == 422


def test_commands_that_are_not_there(ask, vendor):
    assert ask("GET /api/ops/outbox/99").status_code == 404
    for act in ("approve", "cancel"):
        assert ask(f"POST /api/ops/outbox/99/{act}").status_code == 404


def test_what_is_stored_of_a_command_is_sealed(ask, vendor):
    ident = ask(DO, json=PRICES).get_json()["outbox_id"]

    assert "CAFE" not in row(ident).payload
    assert "CAFE" in crypto.unseal(row(ident).payload)


def test_what_waits_for_a_person_is_on_the_status_page_and_in_the_metrics(app, ask, tokens, vendor):
    for sku, state in (("CAFE", "approval"), ("THE", "unknown"), ("LAIT", "unknown")):
        change(put(price(sku)), status=state)
    visitor = Visitor(app)

    assert "outbox list" not in Page(visitor.get(STATUS)).words
    visitor.log_in(tokens["operator"])
    french, english = (Page(visitor.get(f"{STATUS}?lang={lang}")).words for lang in ("fr", "en"))

    assert "qui attendent un accord\u00a0: 1." in french
    assert "dont personne ne sait s’ils ont été exécutés\u00a0: 2." in french
    assert "Commands to a vendor that wait for approval: 1." in english
    assert "outbox list --state unknown" in english
    metrics = ask("GET /metrics").text
    assert 'moulin_commands{state="unknown"} 2.0' in metrics
    assert 'moulin_commands{state="approval"} 1.0' in metrics
    told = ask("GET /inventory/api/status/").get_json()["commands"]
    assert told == {"approval": 1, "waiting": 0, "sending": 0, "unknown": 2}
