"""Commands to vendors from a terminal."""

from __future__ import annotations

import json

import pytest

from tests.given_commands import audited, change, price, put, row

PRICES = json.dumps({"prices": [price()]})
DO = ("connectors", "do", "toy", "push_prices", "--input", "-")


def test_a_command_is_carried_out_here(told, vendor):
    done = told(*DO, "--why", "a new list", stdin=PRICES)

    ident = done["outbox_id"]
    assert done == {
        "outbox_id": ident,
        "state": "done",
        "external_id": "CAFE",
        "results": [{"key": "CAFE", "outcome": "updated", "external_id": "CAFE", "error": None}],
        "error": None,
    }
    assert vendor.writes == [("CAFE", "2.40")]
    assert audited() == [("command.order", f"command {ident}", "a new list")]


def test_it_may_be_left_to_a_worker(told, cli, vendor, tmp_path):
    file = tmp_path / "prices.json"
    file.write_text(PRICES, "utf-8")

    left = told(*DO[:-1], file, "--enqueue")

    assert left["state"] == "waiting"
    assert vendor.asked == []
    assert told("connectors", "outbox", "list")[0]["id"] == left["outbox_id"]
    said = cli(*DO[:-1], file, "--enqueue").stderr
    assert "sweeper" in said
    assert "'connectors outbox show 2' tells what becomes of it." in said


@pytest.mark.parametrize(
    ("how", "items", "code", "state"),
    [
        ([], ["CAFE", "LAIT"], 3, "done"),
        ([], ["LAIT"], 1, "failed"),
        ([422], ["CAFE"], 1, "failed"),
        ([503], ["CAFE"], 69, "waiting"),
        (["lost"], ["CAFE"], 69, "waiting"),
    ],
)
def test_how_it_ends_is_the_exit_code(told, vendor, how, items, code, state):
    vendor.next = list(how)

    ended = told(*DO, stdin=json.dumps({"prices": [price(sku) for sku in items]}), exit=code)

    assert ended["state"] == state


@pytest.mark.parametrize("kind", ["blind"])
def test_what_nobody_knows_is_said_with_the_command_that_ends_it(cli, told, vendor):
    vendor.next = ["lost"]

    ident = told(*DO, "--key", "k", stdin=PRICES, exit=69)["outbox_id"]
    change(ident, not_before=None)

    lost = cli(*DO, "--key", "k", stdin=PRICES, exit=69)

    (line,) = told("connectors", "outbox", "list", "--state", "unknown")
    assert f"connectors outbox resolve {line['id']} --as" in lost.stderr
    cli("connectors", "outbox", "resolve", line["id"], "--as", "done", exit=2)
    resolve = ("connectors", "outbox", "resolve", line["id"], "--as", "done", "--why", "it is")
    assert told(*resolve)["state"] == "done"
    assert "is done" in cli(*resolve, exit=1).stderr


def test_under_the_same_key_it_is_done_once(told, cli, vendor):
    first = told(*DO, "--key", "k", stdin=PRICES)
    again = told(*DO, "--key", "k", stdin=PRICES)

    assert first == again
    assert len(vendor.writes) == 1
    other = json.dumps({"prices": [price(amount="9.90")]})
    refused = cli(*DO, "--key", "k", stdin=other, exit=1).stderr
    assert f"command {first['outbox_id']}" in refused
    told(*DO, stdin=PRICES)
    assert len(vendor.writes) == 2


def test_without_a_key_each_is_a_command_of_its_own(told, vendor):
    assert told(*DO, stdin=PRICES)["outbox_id"] != told(*DO, stdin=PRICES)["outbox_id"]


def test_a_command_is_shown_with_its_body_and_attempts(cli, told, vendor):
    vendor.next = [503]
    ident = told(*DO, stdin=PRICES, exit=69)["outbox_id"]

    shown = told("connectors", "outbox", "show", ident)

    assert shown["payload"] == {"prices": [{**price(), "price": "2.4000"}]}
    assert (shown["attempts"], len(shown["errors"])) == (1, 1)
    text = cli("connectors", "outbox", "show", ident).stdout
    assert "503" in text
    assert '{"prices": [{' in text
    assert "connectors outbox list" in cli("connectors", "outbox", "show", 99, exit=1).stderr


def test_a_person_agrees_or_takes_back(told, cli, vendor):
    ident, other = put(), put(price("THE"))
    change(ident, status="approval")

    assert told("connectors", "outbox", "approve", ident)["state"] == "waiting"
    assert told("connectors", "outbox", "cancel", other)["state"] == "canceled"
    cli("connectors", "outbox", "approve", ident, exit=1)
    assert row(other).done_at is not None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "JSON"),
        ("{", "JSON"),
        ('{"prices": [1], "prices": [2]}', "prices"),
        ("[]", "prices"),
        ('{"prices": [{"sku": "CAFE", "currency": "EUR"}]}', "prices.0.price: is missing"),
    ],
)
def test_a_wrong_input_is_named_and_nothing_is_stored(cli, told, vendor, text, named):
    assert named in cli(*DO, stdin=text, exit=1).stderr
    assert told("connectors", "outbox", "list") == []


def test_what_there_is_not_is_said_with_what_there_is(cli, vendor):
    words = (*DO[:2], "square", *DO[3:])
    assert "there are: toy" in cli(*words, stdin=PRICES, exit=1).stderr
    words = (*DO[:3], "sing", *DO[4:])
    assert "push_prices" in cli(*words, stdin=PRICES, exit=1).stderr


def test_what_waits_for_a_person_is_in_the_status_and_the_check(cli, told, vendor, b2b):
    idents = [put(price(sku)) for sku in ("CAFE", "THE", "LAIT", "EAU")]
    for ident, state in zip(idents, ("approval", "unknown", "sending", "waiting"), strict=True):
        change(ident, status=state)

    counts = {"approval": 1, "waiting": 1, "sending": 1, "unknown": 1}
    assert told("status")["outbox"] == counts
    status = cli("status")
    assert "2 commands to vendors wait for a worker, 2 for a person." in status.stdout
    problems = told("check", exit=3)["problems"]
    for state in ("approval", "unknown"):
        assert f"outbox list --state {state}" in status.stderr
        assert any(f"outbox list --state {state}" in each for each in problems)
