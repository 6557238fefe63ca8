"""What vendors announced, at the people's door."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import insert

import core.settings
from db.models import SyncRun
from db.session import writing
from db.types import db_now
from syncs.webhooks import receivers
from syncs.webhooks.receive import receive
from tests.webhooks import NAME, configure, events, order, signature


@pytest.fixture(autouse=True)
def square(store, monkeypatch, tmp_path) -> None:
    configure(monkeypatch, tmp_path / "config")


def deliver(body: bytes) -> None:
    receive(receivers.find(NAME), {"x-square-hmacsha256-signature": signature(body)}, body)


def test_events_are_listed_and_shown(cli, told):
    deliver(order("ORD1"))
    deliver(b"no JSON")

    unread, waits = told("connectors", "events", "list")

    assert (waits["id"], waits["subject"]) == (1, "transactions/ORD1")
    assert told("connectors", "events", "list", "--state", "failed") == [unread]
    assert told("connectors", "events", "list", "--connector", "other") == []
    assert "transactions/ORD1" in cli("connectors", "events", "list").stdout
    shown = cli("connectors", "events", "show", 2)
    assert "Attempt" in shown.stdout or "INVALID" in shown.stdout
    assert "events replay 2" in shown.stderr
    assert json.dumps(told("connectors", "events", "show", 1)).count("MLFICTIVE") == 0


def test_an_event_is_replayed(cli, told):
    deliver(order())
    refused = cli("connectors", "events", "replay", 1, exit=1)
    assert "is not over yet" in refused.stderr


def test_an_event_that_there_is_not(cli):
    assert (
        "'connectors events list' shows them"
        in cli("connectors", "events", "show", 7, exit=1).stderr
    )
    assert events() == []


def test_a_vendor_that_has_fallen_silent_is_in_status_and_check(cli, told, monkeypatch):
    monkeypatch.setenv("B2B_API_KEY", "secret")
    core.settings.reset()
    moments = {"started_at": db_now(-200_000), "finished_at": db_now(-60)}
    with writing() as session:
        session.execute(
            insert(SyncRun).values(
                sync=f"{NAME}.transactions", options={}, trigger="schedule", status="succeeded",
                counts={"created": 1}, **moments,
            )
        )  # fmt: skip

    assert told("status")["silent"] == [{"connector": NAME, "since": None}]
    assert "Nobody announces what changes at square (last event: never)" in cli("status").stderr
    checked = cli("check", exit=3)
    assert "Nobody announces what changes at square" in checked.output
