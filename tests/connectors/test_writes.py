"""Verbs that write: JSON goes there, and nothing is done twice that could have been done once."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from connectors import errors
from connectors.http.client import HTTPClient
from connectors.http.deadline import Timeouts
from tests.connectors.asking import KEY, status
from tests.connectors.source import Call, cut, serving, silent

WRITES: dict[str, Callable[[HTTPClient], Any]] = {
    "POST": lambda client: client.post("orders", {"name": "Épicerie", "n": 1}),
    "PUT": lambda client: client.put("orders", {"name": "Épicerie", "n": 1}),
    "PATCH": lambda client: client.patch("orders", {"name": "Épicerie", "n": 1}),
    "DELETE": lambda client: client.delete("orders"),
}
ONCE = {"POST", "PATCH"}
EVERY = pytest.mark.parametrize("verb", WRITES)


def client(url: str, **options: Any) -> HTTPClient:
    return HTTPClient(
        url,
        sleep=lambda seconds: None,
        **{"timeouts": Timeouts(read=5, total=10), **options},
    )


def done(call: Call) -> None:
    call.answer({"id": 7}, status=201)


@EVERY
def test_a_body_is_json_and_the_answer_comes_back(verb):
    with serving(done) as source:
        answer = WRITES[verb](client(source.url))

    (call,) = source.calls
    assert (answer.status, answer.data) == (201, {"id": 7})
    assert call.line == f"{verb} /api/v1/orders HTTP/1.1"
    if verb == "DELETE":
        assert "content-type" not in call.headers
        assert call.body == b""
    else:
        assert call.headers["content-type"] == "application/json"
        assert json.loads(call.body) == {"name": "Épicerie", "n": 1}


@EVERY
@pytest.mark.parametrize(
    "answer", [{"status": 204, "body": b""}, {"status": 202, "body": b" "}], ids=["204", "empty"]
)
def test_a_write_may_be_answered_by_nothing(verb, answer):
    with serving(lambda call: call.answer(**answer)) as source:
        found = WRITES[verb](client(source.url))

    assert (found.status, found.data) == (answer["status"], None)


def test_a_read_may_be_answered_by_204_and_by_no_other_nothing():
    with serving(lambda call: call.answer(status=204, body=b"")) as source:
        assert client(source.url).get("orders").data is None
    with serving(lambda call: call.answer(body=b"")) as source, pytest.raises(errors.AnswerError):
        client(source.url).get("orders")


@EVERY
@pytest.mark.parametrize(
    "trouble",
    [cut, status(500), status(502), status(503), status(504), lambda call: call.answer(body=b"[1")],
    ids=["cut", "500", "502", "503", "504", "unreadable"],
)
def test_what_may_have_been_carried_out_is_repeated_only_where_that_does_no_harm(verb, trouble):
    with serving(trouble, done) as source:
        if verb in ONCE:
            with pytest.raises(errors.APIError) as error:
                WRITES[verb](client(source.url))
            assert not error.value.unsent
        else:
            assert WRITES[verb](client(source.url)).status == 201

    assert len(source.calls) == (1 if verb in ONCE else 2)


def test_silence_after_a_write_is_no_reason_to_write_again():
    with serving(silent, done) as source, pytest.raises(errors.ConnectionError) as error:
        client(source.url, timeouts=Timeouts(read=0.2, total=5)).post("orders", {})

    assert len(source.calls) == 1
    assert not error.value.unsent


@pytest.mark.parametrize("verb", ["post", "patch"])
def test_a_write_with_an_idempotency_key_is_repeated_under_the_same_key(verb):
    with serving(status(503), cut, done) as source:
        write = getattr(client(source.url), verb)
        answer = write("orders", {"n": 1}, headers={"Idempotency-Key": "k-1"}, idempotent=True)

    assert answer.status == 201
    assert [call.headers["idempotency-key"] for call in source.calls] == ["k-1"] * 3
    assert len({call.body for call in source.calls}) == 1


def test_what_never_left_is_tried_again_and_says_so():
    pauses: list[float] = []
    with serving(done) as source:
        pass
    with pytest.raises(errors.ConnectionError) as error:
        HTTPClient(source.url, sleep=pauses.append).post("orders", {})

    assert error.value.unsent
    assert len(pauses) == 2


@EVERY
@pytest.mark.parametrize("code", [409, 422, 302])
def test_a_refused_write_is_not_repeated_and_names_the_verb(verb, code):
    with (
        serving(status(code, Location="https://thief.example/")) as source,
        pytest.raises(errors.RequestError, match=f"{verb} /api/v1/orders"),
    ):
        WRITES[verb](client(source.url))

    assert len(source.calls) == 1


def test_no_error_of_a_write_shows_its_body_or_its_key():
    with serving(status(500)) as source, pytest.raises(errors.ServerError) as error:
        client(source.url).post("orders", {"secret": KEY}, headers={"Idempotency-Key": KEY})

    assert KEY not in f"{error.value!r}{error.value.__dict__}"


def test_a_source_that_does_not_take_the_body_is_left_in_time():
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        started = time.monotonic()
        with pytest.raises(errors.ConnectionError) as error:
            client(url, timeouts=Timeouts(read=5, total=1)).post("x", {"text": "x" * 50_000_000})

        assert time.monotonic() - started < 3
        assert not error.value.unsent


def test_a_number_that_json_does_not_have_is_not_sent():
    with serving(done) as source, pytest.raises(ValueError, match="JSON"):
        client(source.url).post("orders", {"price": float("nan")})

    assert source.calls == []
