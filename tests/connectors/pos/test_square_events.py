"""What Square signs, and what an event of its is about."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.pos.square.events import SquareEvents
from core.errors import SkippableError

KEY = "fictive-signature-key"
URL = "https://levieuxmoulin.example/hooks/square"
BODY = (
    b'{"merchant_id":"MLFICTIVE","type":"order.updated",'
    b'"event_id":"00000000-0000-4000-8000-0000000000f1"}'
)
SIGNATURE = "bS9heyqIYkH9l7mj2m+jZuASoQL5FPFK+pdx9rSEu6Y="
"""As Square's own library computes it."""

EVENTS = SquareEvents()


def verify(signature: str | None = SIGNATURE, *, body: bytes = BODY, url: str = URL) -> bool:
    headers = {} if signature is None else {"x-square-hmacsha256-signature": signature}
    return EVENTS.verify(headers, body, url=url, key=KEY)


def read(kind: str, data: Any = None) -> Any:
    said = {"merchant_id": "MLFICTIVE", "type": kind, "event_id": "e-1", "data": data}
    event = EVENTS.read(json.dumps({k: v for k, v in said.items() if v is not None}).encode())
    assert (event.id, event.kind) == ("e-1", kind)
    return event.feeds, event.object_id


def test_the_vector_of_squares_library_is_good():
    assert verify()


@pytest.mark.parametrize(
    "signature", [None, "", "wrong", SIGNATURE[:-1], SIGNATURE + "=", "é€\udc80"]
)
def test_any_other_signature_is_not(signature):
    assert not verify(signature)


def test_a_signature_is_of_this_body_and_this_url():
    assert not verify(body=BODY + b" ")
    assert not verify(url=URL + "/")


def test_an_order_is_named_by_its_own_event():
    said = {"type": "order_updated", "id": "ORD1", "object": {"order_updated": {"version": 5}}}

    assert read("order.updated", said) == (("transactions",), "ORD1")


@pytest.mark.parametrize("kind", ["order.created", "order.fulfillment.updated"])
def test_an_order_is_named_in_the_object_too(kind):
    said = {"id": "ORD1", "object": {"order": {"order_id": "ORD2"}}}

    assert read(kind, said) == (("transactions",), "ORD2")


@pytest.mark.parametrize("kind", ["payment.created", "payment.updated", "refund.updated"])
def test_money_concerns_its_order(kind):
    said = {"id": "PAY1", "object": {kind.partition(".")[0]: {"id": "PAY1", "order_id": "ORD1"}}}

    assert read(kind, said) == (("transactions",), "ORD1")


def test_a_payment_without_an_order_concerns_nothing_of_ours():
    assert read("payment.updated", {"id": "PAY1", "object": {"payment": {}}}) == ((), None)


def test_the_catalogue_says_only_that_something_changed():
    said = {"type": "catalog_version", "id": "", "object": {"catalog_version": {}}}

    assert read("catalog.version.updated", said) == (("products", "promotions"), None)


@pytest.mark.parametrize("data", [None, 1, [], {"object": 3}])
def test_a_kind_that_we_do_not_know_concerns_nothing(data):
    assert read("labor.shift.created", data) == ((), None)


def test_an_event_may_have_no_id():
    assert EVENTS.read(b'{"type": "order.updated"}').id is None


@pytest.mark.parametrize(
    "body",
    [
        b"", b"no JSON", b"[]", b"{}", b'{"type": 1}', b'{"type": ""}', b"\xff\xfe",
        b'{"type": "order.updated", "data": {"id": "' + b"x" * 65 + b'"}}',
        b'{"type": "order.updated", "data": ' + b"[" * 100_000,
    ],
    ids=range(9),
)  # fmt: skip
def test_what_cannot_be_read_says_why_and_quotes_nothing(body):
    with pytest.raises(SkippableError) as caught:
        EVENTS.read(body)

    assert "xxx" not in str(caught.value)
