from __future__ import annotations

import time

import pytest

from connectors import errors
from connectors.http import codec
from connectors.http.deadline import Deadline
from tests.connectors.asking import HEAD, fine, refused, status
from tests.connectors.source import Call, serving, silent


def test_silence_is_asked_again_and_ends(ask, pauses):
    with serving(silent, fine) as source:
        assert ask(source.url, timeout=0.2).status == 200
    with serving(silent) as source:
        error = refused(ask, source, errors.ConnectionError, timeout=0.2)

    assert "127.0.0.1 was silent for 0.2 s" in str(error)
    assert len(source.calls) == 3


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (HEAD + b"Content-Length: 100000\r\n\r\n", b" "),
        (HEAD + b"Connection: close\r\n\r\n", b" "),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
        (
            HEAD
            + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n\x1f\x8b\x08\x10"
            + b"\0" * 6,
            b"x",
        ),
        (HEAD + b"X-Endless: ", b"x"),
        (b"", b"H"),
    ],
    ids=["length", "close", "chunks", "chunk-size", "gzip-name", "header", "status"],
)
def test_whoever_trickles_ends_at_the_deadline(ask, head, piece):
    def slow(call: Call) -> None:
        call.send(head)
        call.trickle(piece, every=0.02)

    with serving(slow) as source:
        started = time.monotonic()
        error = refused(ask, source, errors.ConnectionError, timeout=5, deadline=0.5)

    assert 0.4 < time.monotonic() - started < 1.5
    assert "no whole answer from 127.0.0.1 within 0.5 s" in str(error)
    assert len(source.calls) == 1


def test_a_silence_late_in_the_call_ends_at_the_deadline_too(ask):
    def stops(call: Call) -> None:
        call.send(HEAD + b"Content-Length: 100000\r\n\r\n")
        for _ in range(10):
            call.send(b" ")
            call.gone.wait(0.03)
        silent(call)

    with serving(stops) as source:
        started = time.monotonic()
        refused(ask, source, errors.ConnectionError, timeout=5, deadline=0.5)

    assert time.monotonic() - started < 1.5


def test_no_pause_outlives_the_deadline(ask, pauses):
    with serving(status(500)) as source:
        refused(ask, source, errors.ServerError, deadline=0.9)

    assert pauses == []
    assert len(source.calls) == 1


def test_a_body_ends_at_the_deadline_also_through_another_session():
    class Endless:
        headers: dict[str, str] = {}  # noqa: RUF012 - a stand-in
        status = 200

        def read1(self, *_: object, **__: object) -> bytes:
            return b" "

    clock = iter(range(100))

    with pytest.raises(TimeoutError):
        codec.read(
            Endless(),  # type: ignore[arg-type]  # as far as it is read
            call="GET /",
            most=1000,
            deadline=Deadline(10, lambda: next(clock)),
        )

    assert next(clock) == 11
