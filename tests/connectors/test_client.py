from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from connectors import errors
from connectors.http import wire as module
from connectors.http.client import HTTPClient
from core import logs
from core.errors import FatalError, RetriableError
from tests.connectors.asking import KEY, fine, refused, status
from tests.connectors.source import Call, serving


def test_a_call_carries_the_key_our_name_and_the_correlation_id(ask):
    with serving(fine) as source, logs.correlation_scope("req-7"):
        answer = ask(source.url)

    assert (answer.status, answer.data) == (200, {"results": []})
    assert answer.headers["content-type"] == "application/json"
    (call,) = source.calls
    assert call.line == f"GET /api/v1/api/products/?page=1&secret={KEY} HTTP/1.1"
    assert call.headers["authorization"] == f"Bearer {KEY}"
    assert call.headers["user-agent"].startswith("Moulin/")
    assert call.headers["x-request-id"] == "req-7"


def test_one_connection_serves_many_calls_and_no_cookie_stays():
    def cookie(call: Call) -> None:
        call.answer([], Set_Cookie="session=1")

    with serving(cookie) as source:
        client = HTTPClient(source.url)
        for _ in range(3):
            client.get("x")
        client.close()

    assert len({call.socket for call in source.calls}) == 1
    assert not any("cookie" in call.headers for call in source.calls)


@pytest.mark.parametrize(
    ("code", "kind", "says"),
    [
        (
            401,
            errors.AuthenticationError,
            "401 from 127.0.0.1: the API key is refused; look at B2B_",
        ),
        (403, errors.ForbiddenError, "lacks the right for GET /api/v1/api/products/"),
        (404, errors.RequestError, "check the address and the path"),
        (400, errors.RequestError, "400 from 127.0.0.1 for GET /api/v1/api/products/"),
        (302, errors.RequestError, "a redirect, which is not followed"),
        (501, errors.ServerError, "the source is in trouble"),
    ],
)
def test_what_a_person_must_see_is_not_asked_again(ask, pauses, code, kind, says):
    with serving(status(code)) as source:
        error = refused(ask, source, kind)

    assert says in str(error)
    assert error.status_code == code
    assert len(source.calls) == 1
    assert pauses == []


@pytest.mark.parametrize("code", [500, 502, 503, 504])
def test_a_short_trouble_is_asked_twice_more(ask, pauses, code):
    with serving(status(code), status(code), fine) as source:
        assert ask(source.url).status == 200
    assert pauses == [1.0, 2.0]

    with serving(status(code)) as source:
        assert refused(ask, source, errors.ServerError).status_code == code
    assert len(source.calls) == 3


@pytest.mark.parametrize(
    ("code", "kind"), [(429, errors.RateLimitError), (503, errors.ServerError)]
)
@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("999999999999", 3600.0),
        (format_datetime(datetime.now(UTC) + timedelta(days=30), usegmt=True), 3600.0),
    ],
    ids=["seconds", "now", "absurd", "date"],
)
def test_who_says_how_long_to_wait_is_obeyed(ask, code, kind, header, wait):
    with serving(status(code, Retry_After=header)) as source:
        error = refused(ask, source, kind)

    assert error.retry_after == wait
    assert len(source.calls) == 1


@pytest.mark.parametrize("header", ["", "-5", "soon", "Mon, 99 Foo 2026", "١"])
def test_a_429_is_never_answered_by_more_calls(ask, header):
    def speak(call: Call) -> None:
        call.send(
            b"HTTP/1.1 429 No\r\nContent-Length: 0\r\nRetry-After: " + header.encode() + b"\r\n\r\n"
        )

    with serving(speak) as source:
        assert refused(ask, source, errors.RateLimitError).retry_after is None

    assert len(source.calls) == 1


def test_a_redirect_leaks_no_key_and_its_body_is_not_read(ask):
    with serving(fine) as other:

        def endless(call: Call) -> None:
            location = f"Location: {other.url}/steal?x=1\r\n".encode()
            call.send(b"HTTP/1.1 302 Found\r\n" + location + b"Content-Length: 99999999\r\n\r\n")
            call.trickle(b"x", every=0.01)

        with serving(endless) as source:
            started = time.monotonic()
            refused(ask, source, errors.RequestError, deadline=5)

            assert time.monotonic() - started < 2
        assert other.calls == []


def test_the_environment_changes_nothing(ask, monkeypatch, tmp_path):
    with serving(fine) as proxy, serving(fine) as source:
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login thief password thief")
        monkeypatch.setenv("NETRC", str(netrc))
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)

        ask(source.url)

        assert source.calls[0].headers["authorization"] == f"Bearer {KEY}"
        assert proxy.calls == []


def test_a_closed_port_cannot_be_reached(ask):
    with serving(fine) as source:
        pass

    refused(ask, source, errors.ConnectionError)


def test_each_call_is_one_debug_line_without_query_or_key(ask, caplog):
    caplog.set_level("DEBUG", module.__name__)
    with serving(status(500), fine) as source:
        ask(source.url)

    lines = [record.msg for record in caplog.records if record.name == module.__name__]
    assert [(line["verb"], line["path"], line["status"], line["error"]) for line in lines] == [
        ("GET", "/api/v1/api/products/", 500, "SERVER"),
        ("GET", "/api/v1/api/products/", 200, None),
    ]
    assert all(line["ms"] >= 0 for line in lines)
    assert KEY not in str(lines)


def test_each_error_says_what_to_do_next():
    retriable = {
        errors.RateLimitError, errors.ConnectionError, errors.ServerError, errors.AnswerError,
    }  # fmt: skip
    fatal = {
        errors.AuthenticationError, errors.ForbiddenError, errors.RequestError,
        errors.TooLargeError, errors.PaginationError,
    }  # fmt: skip
    for kind in retriable | fatal:
        error = kind("sentence", status_code=499, retry_after=3)
        assert isinstance(error, errors.APIError)
        assert isinstance(error, RetriableError) is error.is_retriable is (kind in retriable)
        assert isinstance(error, FatalError) is (kind in fatal)
        assert (error.message, str(error)) == ("sentence", "sentence")
        assert (error.status_code, error.retry_after) == (499, 3)
    assert len({kind.code for kind in retriable | fatal}) == 9
