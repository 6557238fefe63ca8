"""The source's own word for a refusal."""

from __future__ import annotations

import socket
import time

import pytest

from connectors import errors
from connectors.http.client import HTTPClient
from tests.connectors.source import Call, serving

WORDS = {
    "square": ({"errors": [{"category": "C", "code": "INVALID_CURSOR"}]}, "INVALID_CURSOR"),
    "hubspot": ({"status": "error", "category": "VALIDATION_ERROR"}, "VALIDATION_ERROR"),
    "zoho": ({"data": [{"code": "INVALID_DATA", "status": "error"}]}, "INVALID_DATA"),
    "oauth": ({"error": "invalid_grant", "error_description": "x"}, "invalid_grant"),
    "a sentence": ({"code": "Camille Exemple is unknown"}, None),
    "a number": ({"code": 7}, None),
    "too long": ({"code": "A" * 65}, None),
    "too deep": ({"errors": {"errors": {"code": "A"}}}, None),
    "no object": ([], None),
    "nothing of ours": ({"detail": "Not found."}, None),
}


def asked(*scripts) -> errors.APIError:
    with serving(*scripts) as source, pytest.raises(errors.APIError) as error:
        HTTPClient(source.url, sleep=lambda _: None).get("x")
    return error.value


@pytest.mark.parametrize(("body", "word"), WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_a_refusal_has_the_word_of_its_body_and_no_sentence(status, body, word):
    error = asked(lambda call: call.answer(body, status=status))

    assert error.reason == word
    assert (f"({word})" in str(error)) == (word is not None)
    assert error.message == str(error) == str(*error.sentences)
    assert "Camille" not in str(error)


def silent(call: Call) -> None:
    call.send(b"HTTP/1.1 403 No\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n[")
    call.gone.wait()


def broken(call: Call) -> None:
    call.send(b"HTTP/1.1 403 No\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n[")
    call.socket.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    "script",
    [
        silent,
        broken,
        lambda call: call.answer(body=b"{", status=403),
        lambda call: call.answer(body=b"", status=403),
        lambda call: call.answer(body=b"<html>", status=403, Content_Type="text/html"),
        lambda call: call.answer({"code": "A", "more": "x" * 70_000}, status=403),
    ],
    ids=["silent", "cut", "broken", "empty", "a page", "large"],
)
def test_a_body_that_cannot_be_read_takes_nothing_from_the_status(script):
    started = time.monotonic()
    error = asked(script)

    assert isinstance(error, errors.ForbiddenError)
    assert error.reason is None
    assert time.monotonic() - started < 10
