"""A vendor announces something: stored before the answer, once, whatever else is away."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from api.bell import Bell
from api.hooks import webhooks
from core import crypto
from tests.api.given import away
from tests.webhooks import NAME, PATH, configure, deliver, events, order, signature

AT_ONCE = 50


class NoBell(Bell):
    """Remembers what was rung for; whoever rang was not held up."""

    def __init__(self) -> None:
        self.rung: list[tuple[str, int]] = []
        super().__init__(ring=lambda *_: True, look=bool)

    def ring(self, task: str, ident: int) -> None:
        self.rung.append((task, ident))


@pytest.fixture
def bell(monkeypatch) -> NoBell:
    heard = NoBell()
    monkeypatch.setattr(webhooks, "BELL", heard)
    return heard


@pytest.fixture
def square(store, app, bell, monkeypatch, tmp_path) -> Flask:
    configure(monkeypatch, tmp_path / "config")
    made: Flask = app
    return made


def test_an_event_is_stored_and_then_rung_for(square, bell):
    answer = deliver(square, order("ORD1", event="e-1"))

    assert (answer.status_code, answer.json) == (200, {"status": "stored"})
    [event] = events()
    assert (event.connector, event.event_id, event.kind) == (NAME, "e-1", "order.updated")
    assert (event.subject, event.status) == ("transactions/ORD1", "due")
    assert bell.rung == [("webhooks.process", event.id)]


def test_the_body_is_sealed_and_in_no_log(square, caplog):
    caplog.set_level("DEBUG")
    deliver(square, order("ORDSECRET"))

    [event] = events()
    assert "ORDSECRET" not in event.body
    assert crypto.unseal(event.body).encode() == order("ORDSECRET")
    assert "ORDSECRET" not in caplog.text


def test_a_known_event_changes_nothing_and_rings_for_nothing(square, bell):
    deliver(square, order(event="e-1"))
    before = [vars(event) | {"_sa_instance_state": None} for event in events()]

    again = deliver(square, order("ANOTHER", event="e-1"))

    assert (again.status_code, again.json) == (200, {"status": "known"})
    assert [vars(event) | {"_sa_instance_state": None} for event in events()] == before
    assert len(bell.rung) == 1


def test_of_fifty_deliveries_at_once_one_is_stored(square, bell):
    together = threading.Barrier(AT_ONCE)

    def hurry(_: int) -> Any:
        together.wait()
        return deliver(square, order(event="e-1"))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(hurry, range(AT_ONCE)))

    assert {answer.status_code for answer in answers} == {200}
    assert [answer.get_json()["status"] for answer in answers].count("stored") == 1
    assert len(events()) == len(bell.rung) == 1


def test_a_broker_that_hangs_holds_nobody_up(square, monkeypatch):
    freed, rings = threading.Event(), []

    def hang(task: str, ident: int) -> bool:
        rings.append(ident)
        return freed.wait(60)

    monkeypatch.setattr(webhooks, "BELL", Bell(ring=hang, look=lambda: False))
    try:
        # The first ring hangs until the end of the test, and both are answered before.
        assert deliver(square, order(event="e-1")).status_code == 200
        assert deliver(square, order(event="e-2")).status_code == 200
        assert [event.status for event in events()] == ["due", "due"]
    finally:
        freed.set()


@pytest.mark.parametrize("signed", ["", "wrong", signature(order(), key="another")])
def test_a_wrong_signature_stores_nothing(square, bell, signed):
    answer = deliver(square, order(), signed=signed)

    assert (answer.status_code, answer.get_json()["code"]) == (401, "SIGNATURE")
    assert "webhook.signature_key and webhook.url" in answer.get_json()["detail"]
    assert "ORD1" not in answer.text
    assert (events(), bell.rung) == ([], [])


def test_an_old_body_with_a_new_id_is_no_event_of_the_vendors(square):
    old = order(event="e-1")
    deliver(square, old)

    forged = deliver(square, order(event="e-2"), signed=signature(old))

    assert forged.status_code == 401
    assert len(events()) == 1


def test_the_signature_is_of_the_configured_address_and_not_of_the_host(square):
    with square.test_client() as client:
        answer = client.post(
            PATH,
            data=order(),
            headers={
                "Host": "another.example.com",
                "X-Forwarded-Host": "third.example.com",
                "X-Square-HmacSha256-Signature": signature(order()),
            },
        )

    assert answer.status_code == 200


def test_without_an_address_of_its_own_it_is_below_ours(square, monkeypatch, tmp_path):
    monkeypatch.setenv("PUBLIC_URL", "https://moulin.example.com")
    configure(monkeypatch, tmp_path / "bare", address=None)

    url = f"https://moulin.example.com{PATH}"
    assert deliver(square, order(), signed=signature(order(), url=url)).status_code == 200


@pytest.mark.parametrize("path", ["/webhooks/nobody/", PATH])
def test_who_expects_no_webhooks_has_no_address(square, monkeypatch, tmp_path, path):
    configure(monkeypatch, tmp_path / "two", webhook=None)

    answer = deliver(square, order(), path=path)

    assert (answer.status_code, answer.get_json()["code"]) == (404, "NOT_FOUND")
    assert events() == []


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 5 * 1024 * 1024])
def test_a_large_body_is_refused_before_it_is_read(square, size):
    answer = deliver(square, b"x" * size, signed="wrong")

    assert (answer.status_code, answer.get_json()["code"]) == (413, "BODY_TOO_LARGE")
    assert "1 MiB; send each event" in answer.get_json()["detail"]
    assert events() == []


def test_an_event_without_an_id_is_known_by_its_body(square):
    first = deliver(square, order(event=None))
    again = deliver(square, order(event=None))
    other = deliver(square, order("ORD2", event=None))

    assert [it.get_json()["status"] for it in (first, again, other)] == [
        "stored",
        "known",
        "stored",
    ]


@pytest.mark.parametrize("body", [b"no JSON", b"\xff\x00", b"[]", b""], ids=ascii)
def test_what_cannot_be_read_is_kept_for_a_person_and_not_sent_again(square, bell, body):
    assert deliver(square, body).status_code == 200
    assert deliver(square, body).json == {"status": "known"}

    [event] = events()
    assert (event.kind, event.status, event.subject) == ("unreadable", "failed", None)
    assert event.errors[0]["code"] == "INVALID"
    assert bell.rung == []


def test_an_event_of_no_interest_is_done(square, bell):
    body = b'{"type": "labor.shift.created", "event_id": "e-1"}'

    assert deliver(square, body).json == {"status": "stored"}

    [event] = events()
    assert (event.status, event.subject) == ("done", None)
    assert event.done_at is not None
    assert bell.rung == []


def test_a_connector_that_is_wrong_has_the_vendor_try_again(square, monkeypatch, tmp_path):
    configure(monkeypatch, tmp_path / "wrong", colour="blue")

    assert deliver(square, order()).status_code == 503
    assert events() == []


def test_a_store_that_is_away_has_the_vendor_try_again(square, bell):
    with away():
        answer = deliver(square, order())

    assert (answer.status_code, answer.get_json()["code"]) == (503, "STORE_AWAY")
    assert (events(), bell.rung) == ([], [])
