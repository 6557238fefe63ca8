from __future__ import annotations

import gzip
import json
import math
import socket
import tracemalloc

import pytest

from connectors import errors
from tests.connectors.asking import HEAD, fine, refused
from tests.connectors.source import Call, cut, serving


def test_a_cut_body_is_asked_again(ask, pauses):
    with serving(cut, fine) as source:
        assert ask(source.url).data == {"results": []}
    with serving(cut) as source:
        error = refused(ask, source, errors.ConnectionError)

    assert "was cut" in str(error)
    assert len(source.calls) == 3


def test_a_cut_chunked_body_is_no_answer(ask):
    def chunked(call: Call) -> None:
        call.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
        call.send(b"Transfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n")
        call.socket.shutdown(socket.SHUT_RDWR)

    with serving(chunked) as source:
        refused(ask, source, errors.ConnectionError)


def test_what_is_no_http_is_a_lost_connection(ask):
    def garbage(call: Call) -> None:
        call.send(b"SSH-2.0-OpenSSH\r\n\r\n")
        call.socket.shutdown(socket.SHUT_RDWR)

    with serving(garbage) as source:
        refused(ask, source, errors.ConnectionError)


@pytest.mark.parametrize(
    "answer",
    [
        {"body": b""},
        {"body": b"  \n"},
        {"body": b"<html>maintenance</html>", "Content_Type": "text/html"},
        {"body": b"[]", "Content_Type": "text/plain"},
        {"body": b"[]", "Content_Type": ""},
        {"body": b"[1, "},
        {"body": b'"\xff"'},
        {"body": b"[" * 100_000},
        {"body": b"plain", "Content_Encoding": "gzip"},
    ],
    ids=["empty", "blank", "html", "text", "untyped", "broken", "charset", "deep", "gzip"],
)
def test_an_unreadable_answer_is_asked_again(ask, answer):
    with serving(lambda call: call.answer(**answer), fine) as source:
        assert ask(source.url).status == 200
    with serving(lambda call: call.answer(**answer)) as source:
        error = refused(ask, source, errors.AnswerError)

    assert "GET /api/v1/api/products/" in str(error)
    assert "maintenance" not in str(error)
    assert len(source.calls) == 3


@pytest.mark.parametrize("kind", ["application/json", "application/problem+json; charset=utf-8"])
def test_json_has_more_than_one_name(ask, kind):
    with serving(lambda call: call.answer([1], Content_Type=kind)) as source:
        assert ask(source.url).data == [1]


def test_what_spoils_a_record_does_not_spoil_the_page(ask):
    odd = (
        b'\xef\xbb\xbf[{"a": NaN}, {"a": -Infinity}, {"a": 1e999}, {"a": %s}, {"a": "\\ud800"}, 7]'
    )

    with serving(lambda call: call.answer(body=odd % (b"9" * 5000))) as source:
        found = ask(source.url).data

    assert isinstance(found, list)
    assert math.isnan(found[0]["a"])
    assert [found[1]["a"], found[2]["a"], found[3]["a"]] == [-math.inf, math.inf, math.inf]
    assert found[4:] == [{"a": "\ud800"}, 7]


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_over_the_cap_is_refused(ask, declared):
    def large(call: Call) -> None:
        headers = b"Content-Length: 5000000\r\n\r\n" if declared else b"Connection: close\r\n\r\n"
        call.send(HEAD + headers)
        call.trickle(b" " * 10_000, every=0.001)

    with serving(large) as source:
        error = refused(ask, source, errors.TooLargeError, max_body=50_000)

    assert "50000 bytes" in str(error)
    assert len(source.calls) == 1


def test_a_gzip_bomb_ends_at_the_cap_with_flat_memory(ask):
    bomb = gzip.compress(b"0" * 100_000_000)

    def explode(call: Call) -> None:
        call.answer(body=bomb, Content_Encoding="gzip")

    with serving(explode) as source:
        tracemalloc.start()
        try:
            refused(ask, source, errors.TooLargeError, max_body=1_000_000)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert len(bomb) < 200_000
    assert peak < 8_000_000


def test_gzip_is_understood(ask):
    page = [{"id": number} for number in range(5000)]
    body = gzip.compress(json.dumps(page).encode())

    with serving(lambda call: call.answer(body=body, Content_Encoding="gzip")) as source:
        assert ask(source.url).data == page


def test_headers_without_end_are_refused(ask):
    def many(call: Call) -> None:
        call.send(b"HTTP/1.1 200 OK\r\n")
        call.trickle(b"X: y\r\n" * 100, every=0.001)

    with serving(many) as source:
        refused(ask, source, errors.ConnectionError)
