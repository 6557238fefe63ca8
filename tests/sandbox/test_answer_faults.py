"""What a client meets when an answer goes wrong, seen through a real HTTP client."""

import time
from email.utils import parsedate_to_datetime
from threading import Thread

import pytest
import requests
from requests.exceptions import (
    ChunkedEncodingError,
    ConnectionError,  # noqa: A004  (the name requests gives it)
    JSONDecodeError,
    ReadTimeout,
)

from sandbox import b2b
from sandbox.faults import (
    HTML,
    XML,
    Cut,
    Empty,
    GzipBomb,
    Hang,
    Redirect,
    Slow,
    Status,
    Trickle,
    Truncated,
    WrongType,
)

MEBIBYTE = 1024 * 1024


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 502, 503, 599])
def test_an_ordered_status_is_answered(source, ask, status):
    source.faults.add(Status(status=status))

    answer = ask()
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html") == (status >= 500)
    assert "Retry-After" not in answer.headers


@pytest.mark.parametrize("value", [30, 0, -5, 10**9, "soon", "", "1.5"])
def test_retry_after_is_sent_as_ordered(source, ask, value):
    source.faults.add(Status(status=429, retry_after=value))

    assert ask().headers["Retry-After"] == str(value)


def test_retry_after_can_be_a_date(source, ask):
    source.faults.add(Status(status=503, retry_at=120))

    moment = parsedate_to_datetime(ask().headers["Retry-After"]).timestamp()
    assert 110 < moment - time.time() <= 120


def test_a_hanging_answer_never_comes(source, ask):
    source.faults.add(Hang(seconds=60))

    with pytest.raises(ReadTimeout):
        ask(timeout=0.2)
    assert source.log[-1].status == 0


def test_a_hang_of_no_time_is_a_dropped_connection(source, ask):
    source.faults.add(Hang(seconds=0))

    with pytest.raises(ConnectionError):
        ask()


def test_a_slow_answer_is_right_but_late(source, ask):
    source.faults.add(Slow(seconds=0.2))

    answer = ask()
    assert answer.elapsed.total_seconds() >= 0.2
    assert answer.json()["count"] == 250


def test_a_trickled_answer_starts_and_does_not_come_to_an_end(source, ask):
    source.faults.add(Trickle(seconds=60))

    with ask(timeout=0.2, stream=True) as answer:
        assert answer.status_code == 200
        with pytest.raises(ConnectionError):
            answer.json()


def test_a_trickle_can_begin_with_the_headers(source, ask):
    source.faults.add(Trickle(seconds=60, head=True))

    with pytest.raises(ReadTimeout):
        ask(timeout=0.2)


def test_a_trickle_that_ends_is_the_right_answer(source, ask):
    with b2b.serve(products=1) as small:
        honest = ask(of=small).content
        small.faults.add(Trickle(seconds=0.0001, head=True))

        assert ask(of=small).content == honest


def test_a_cut_body_is_shorter_than_its_length(source, ask):
    source.faults.add(Cut(keep=100))

    with pytest.raises(ChunkedEncodingError, match="IncompleteRead"):
        ask()


def test_a_page_for_people_comes_with_status_200(source, ask):
    source.faults.add(HTML())

    answer = ask()
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert answer.text.startswith("<html>")


def test_xml_comes_with_status_200(source, ask):
    source.faults.add(XML())

    answer = ask()
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/xml")
    assert answer.text.startswith("<?xml")


def test_an_empty_answer_has_status_200_and_no_body(source, ask):
    source.faults.add(Empty())

    answer = ask()
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("content_type", ["text/html", "application/xml", ""])
def test_json_comes_under_a_wrong_content_type(source, ask, content_type):
    source.faults.add(WrongType(content_type=content_type))

    answer = ask()
    assert answer.headers.get("Content-Type", "") == content_type
    assert answer.json()["count"] == 250


def test_truncated_json_has_the_length_it_tells(source, ask):
    source.faults.add(Truncated())

    answer = ask()
    assert len(answer.content) == int(answer.headers["Content-Length"])
    with pytest.raises(JSONDecodeError):
        answer.json()


def test_a_redirection_leads_to_another_host(source, ask):
    source.faults.add(Redirect())

    answer = ask()
    assert answer.status_code == 302
    assert answer.headers["Location"] == "http://elsewhere.invalid/"


def test_a_gzip_bomb_is_small_on_the_wire_and_large_in_memory(source, ask):
    source.faults.add(GzipBomb(size=5 * MEBIBYTE))

    answer = ask()
    assert int(answer.headers["Content-Length"]) < 20_000
    assert len(answer.content) == 5 * MEBIBYTE + 2
    assert answer.json() == []


def test_faults_add_up_in_the_order_they_were_ordered(source, ask):
    source.faults.add(Slow(seconds=0.1), Slow(seconds=0.1), Status(status=503))

    answer = ask()
    assert answer.status_code == 503
    assert answer.elapsed.total_seconds() >= 0.2


def test_a_source_stops_at_once_while_an_answer_hangs(session):
    began = time.monotonic()
    with b2b.serve(products=1) as source:
        source.faults.add(Hang(seconds=100))

        def wait() -> None:
            with pytest.raises(requests.ConnectionError):
                session.get(f"{source.url}/api/products/", timeout=100)

        client = Thread(target=wait)
        client.start()
        while not source.log:
            time.sleep(0.005)
    client.join()

    assert time.monotonic() - began < 20
