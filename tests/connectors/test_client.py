from __future__ import annotations

import gzip
import json
import math
import socket
import ssl
import time
import tracemalloc
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors import errors
from connectors.http import client as module
from connectors.http import codec, transport
from connectors.http.client import HTTPClient
from connectors.http.deadline import Deadline
from core import logs
from core.errors import ConfigurationError, FatalError, RetriableError
from tests.connectors.source import Call, Script, cut, serving, silent

KEY = "b2c_1_secret"


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def ask(pauses):
    """Ask a source once; pauses are noted and not slept."""

    def get(url: str, **options: Any) -> module.Answer:
        client = HTTPClient(
            url,
            headers={"Authorization": f"Bearer {KEY}"},
            advice="look at B2B_API_KEY",
            sleep=pauses.append,
            random=lambda: 1.0,
            **{"timeout": 5, "deadline": 10, **options},
        )
        try:
            return client.get_json("api/products/", {"page": "1", "secret": KEY})
        finally:
            client.close()

    return get


def fine(call: Call) -> None:
    call.answer({"results": []})


def status(code: int, **headers: str) -> Script:
    return lambda call: call.answer(None, status=code, body=b"", **headers)


def refused(ask, source, kind, **options):
    with pytest.raises(errors.APIError) as error:
        ask(source.url, **options)
    assert type(error.value) is kind
    assert KEY not in str(error.value)
    assert "?" not in str(error.value)
    return error.value


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
            client.get_json("x")
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


def test_a_closed_port_cannot_be_reached(ask):
    with serving(fine) as source:
        pass

    refused(ask, source, errors.ConnectionError)


def test_silence_is_asked_again_and_ends(ask, pauses):
    with serving(silent, fine) as source:
        assert ask(source.url, timeout=0.2).status == 200
    with serving(silent) as source:
        error = refused(ask, source, errors.ConnectionError, timeout=0.2)

    assert "127.0.0.1 was silent for 0.2 s" in str(error)
    assert len(source.calls) == 3


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


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


@pytest.mark.parametrize(
    "url",
    ["http://example.com/api", "ftp://127.0.0.1/", "https://u:p@example.com/", "https://", "x",
     "http://127.0.0.1.example.com/", "https://example.com/?key=1"],
)  # fmt: skip
def test_only_https_is_spoken_except_to_this_machine(url):
    with pytest.raises(ConfigurationError):
        HTTPClient(url)


def test_the_transport_verifies_and_knows_no_old_tls():
    adapter = transport.session().get_adapter("https://example.com/")
    assert isinstance(adapter, transport.Transport)
    context = adapter.poolmanager.connection_pool_kw["ssl_context"]

    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


@pytest.fixture
def tls(tmp_path):
    """A server's TLS with a certificate that nobody vouches for, and the certificate's path."""
    path = self_signed(tmp_path / "server.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context, path


def test_a_certificate_of_nobody_is_refused_at_once(ask, pauses, tls):
    with serving(fine, tls=tls[0]) as source:
        error = refused(ask, source, errors.ConnectionError)

    assert error.code == "TLS"
    assert "certificate" in str(error)
    assert pauses == []
    assert source.calls == []


def test_the_deadline_holds_over_tls_as_well(ask, tls):
    def slow(call: Call) -> None:
        call.send(HEAD + b"X-Endless: ")
        call.trickle(b"x", every=0.02)

    session = trusting(tls[1])
    with serving(fine, slow, tls=tls[0]) as source:
        assert ask(source.url, session=session).status == 200
        started = time.monotonic()
        refused(ask, source, errors.ConnectionError, session=session, deadline=0.5)

    assert 0.4 < time.monotonic() - started < 1.5


def trusting(certificate):
    session = transport.session()
    adapter = session.get_adapter("https://localhost/")
    assert isinstance(adapter, transport.Transport)
    adapter.poolmanager.connection_pool_kw["ssl_context"].load_verify_locations(certificate)
    return session


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


def self_signed(path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_headers_without_end_are_refused(ask):
    def many(call: Call) -> None:
        call.send(b"HTTP/1.1 200 OK\r\n")
        call.trickle(b"X: y\r\n" * 100, every=0.001)

    with serving(many) as source:
        refused(ask, source, errors.ConnectionError)


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
