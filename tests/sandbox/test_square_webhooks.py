"""Square's webhooks: signed over their address, at least once, and never lost."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import requests

from connectors.pos.square.events import SIGNATURE, SquareEvents
from sandbox import square
from sandbox.messages import Answer, Request
from sandbox.server import running


class Receiver:
    """Keeps what it got; answers with ``status``."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[Request] = []
        self.url = ""

    def __call__(self, request: Request) -> Answer:
        self.got.append(request)
        return Answer(self.status)

    @property
    def orders(self) -> list[str]:
        return [json.loads(request.body)["data"]["id"] for request in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    with running(made, host="127.0.0.1", port=0) as server:
        made.url = f"{server.url}/webhooks/square/"
        yield made


@pytest.fixture
def source(receiver) -> Iterator[square.Square]:
    with square.serve() as served:
        served.webhooks.url = receiver.url
        yield served


def test_an_event_is_signed_over_the_address_and_the_body(source, receiver):
    source.webhooks.order("T1")

    assert source.webhooks.deliver() == [200]

    [got] = receiver.got
    events = SquareEvents()
    key = source.webhooks.key
    assert events.verify({SIGNATURE: got.headers[SIGNATURE]}, got.body, url=receiver.url, key=key)
    assert events.read(got.body).object_id == "T1"


def test_events_come_twice_and_out_of_order(source, receiver):
    for ident in ("T1", "T2"):
        source.webhooks.order(ident)

    assert source.webhooks.deliver(times=2, backwards=True) == [200] * 4
    assert receiver.orders == ["T2", "T2", "T1", "T1"]
    assert receiver.got[0].body == receiver.got[1].body
    assert source.webhooks.deliver() == []


@pytest.mark.parametrize("status", [401, 503])
def test_what_is_not_taken_comes_late(source, receiver, status):
    receiver.status = status
    source.webhooks.money("payment.updated", "PAY1", "T1")
    assert source.webhooks.deliver() == [status]
    receiver.status = 200
    source.webhooks.catalogue()

    assert source.webhooks.deliver() == [200, 200]


def test_nobody_at_the_address_is_no_error(source):
    source.webhooks.url = "http://127.0.0.1:9/webhooks/square/"
    source.webhooks.order("T1")

    assert source.webhooks.deliver() == [0]
    assert len(source.webhooks.waiting) == 1


def test_the_control_door_sends(source, receiver):
    door = f"{source.url}/_sandbox"
    knobs = {"webhook_url": receiver.url, "webhook_key": "another"}
    turned = requests.patch(f"{door}/knobs", json=knobs, timeout=10).json()
    assert turned == {"later": 0.0, **knobs}

    order = {"orders": ["T1"], "catalogue": True, "times": 2}
    answer = requests.post(f"{door}/webhooks", json=order, timeout=10)

    assert answer.json() == {"statuses": [200] * 4}
    assert receiver.orders == ["T1", "T1", "", ""]


@pytest.mark.parametrize(
    ("path", "order", "status"),
    [("webhooks", {"twice": True}, 400), ("webhooks", {"orders": 1}, 400), ("calls", {}, 404)],
)
def test_an_order_that_makes_no_sense_is_refused(source, receiver, path, order, status):
    answer = requests.post(f"{source.url}/_sandbox/{path}", json=order, timeout=10)

    assert (answer.status_code, receiver.got) == (status, [])
