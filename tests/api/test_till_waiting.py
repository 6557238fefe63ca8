"""Waiting: what a till asks for in ``Prefer``, how many wait, and what a look costs."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import core.settings
from api.till import waiting
from api.till.waiting import Patience, Seats
from db.catalogue import shops
from db.models import SalesBatch, Terminal
from db.session import engine, writing
from db.tills import batches
from tests.servers import free_port

DEFAULT = Patience(10)


@pytest.mark.parametrize(
    ("prefer", "expected"),
    [
        ("", DEFAULT),
        ("respond-async", Patience(0, respond_async=True)),
        ("Respond-Async", Patience(0, respond_async=True)),
        ('respond-async=""', Patience(0, respond_async=True)),
        ("respond-async; soon=1", Patience(0, respond_async=True)),
        ("wait=5", Patience(5, asked=True)),
        ("WAIT = 5", Patience(5, asked=True)),
        ('wait="5"', Patience(5, asked=True)),
        ("wait=0", Patience(0, asked=True)),
        ("wait=007", Patience(7, asked=True)),
        ("wait=30", Patience(30, asked=True)),
        ("wait=31", Patience(30, asked=True)),
        ("wait=" + "9" * 5000, Patience(30, asked=True)),
        ("respond-async, wait=5", Patience(5, asked=True, respond_async=True)),
        ("wait=5,respond-async", Patience(5, asked=True, respond_async=True)),
        (" , wait=5 ,, respond-async,", Patience(5, asked=True, respond_async=True)),
        ("wait=5, wait=6", Patience(5, asked=True)),
        ("wait=x, wait=6", DEFAULT),
        ('return=minimal; a="wait=1, b", wait=3', Patience(3, asked=True)),
        ("wait", DEFAULT),
        ("wait=", DEFAULT),
        ("wait=-1", DEFAULT),
        ("wait=+1", DEFAULT),
        ("wait=1.5", DEFAULT),
        ("wait=1e1", DEFAULT),
        ("wait=²", DEFAULT),
        ("wait=٣", DEFAULT),
        ("wait=5 6", DEFAULT),
        ("wait;5", DEFAULT),
        ("respond-async=5", DEFAULT),
        ("respond-asynchronously", DEFAULT),
        ('"respond-async"', DEFAULT),
        ('"respond-async, wait=5', DEFAULT),
        ("=wait=5", DEFAULT),
        ("\x00\xff", DEFAULT),
    ],
)
def test_what_a_till_prefers_is_understood_or_ignored(prefer, expected):
    assert waiting.patience(prefer) == expected


def test_the_setting_says_how_long_others_wait(monkeypatch):
    monkeypatch.setenv("SALES_WAIT_SECONDS", "0.5")
    core.settings.reset()

    assert waiting.patience("nothing=1") == Patience(0.5)


@given(st.text(st.sampled_from('wait=5,;"\\ respond-async'), max_size=60) | st.text(max_size=40))
@example('"\\')
def test_no_header_does_worse_than_being_ignored(prefer):
    assert 0 <= waiting.patience(prefer).seconds <= waiting.LONGEST


@pytest.mark.parametrize("piece", ['"\\"', '"', ",", "a=", "wait=5,", ";", " ", '"a",'])
def test_a_long_header_is_read_in_linear_time(piece):
    def seconds(size):
        began = time.process_time()
        waiting.patience(piece * (size // len(piece)))
        return time.process_time() - began

    assert seconds(256 * 1024) < max(30 * seconds(32 * 1024), 0.5)


@pytest.mark.parametrize(
    ("patience", "waited", "result", "said"),
    [
        (Patience(10), True, True, ""),
        (Patience(10), False, False, ""),
        (Patience(5, asked=True), True, True, "wait=5"),
        (Patience(5, asked=True), True, False, "wait=5"),
        (Patience(5, asked=True), False, False, ""),
        (Patience(0, asked=True), False, False, "wait=0"),
        (Patience(0, respond_async=True), False, False, "respond-async"),
        (Patience(0, respond_async=True), False, True, ""),
        (Patience(5, asked=True, respond_async=True), True, False, "respond-async, wait=5"),
        (Patience(5, asked=True, respond_async=True), False, False, "respond-async"),
        (Patience(5, asked=True, respond_async=True), True, True, "wait=5"),
    ],
)
def test_only_what_was_followed_is_told(patience, waited, result, said):
    assert patience.applied(waited=waited, result=result) == said


def test_no_more_sit_than_there_are_seats():
    seats = Seats()

    with seats.seat(2) as first, seats.seat(2) as second, seats.seat(2) as third:
        assert (first, second, third) == (True, True, False)
    with seats.seat(1) as again, seats.seat(0) as none:
        assert (again, none) == (True, False)


def test_a_seat_is_free_again_whatever_happened():
    seats = Seats()

    def fall():
        with seats.seat(1) as free:
            assert free
            raise ZeroDivisionError

    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            fall()


@pytest.fixture
def batch(store):
    """The id of a batch that waits."""
    with writing() as session:
        shop = shops.add(session, name="Ma Boutique")
        session.flush()
        till = Terminal(shop_id=shop.id, serial="a", name="a", level=0, duplicates="answer")
        session.add(till)
        session.flush()
        row = SalesBatch(
            uuid="u", shop_id=shop.id, terminal_id=till.id, body_hash="h", body="b", count=1
        )
        session.add(row)
        session.flush()
        return row.id


def end(batch_id, status, result=None):
    with writing() as session:
        row = session.get_one(SalesBatch, batch_id)
        row.status, row.result = status, result


def waits(batch_id, *, seconds=20.0):
    """A thread that waits, and the list it puts its answer into."""
    found = []
    thread = threading.Thread(
        target=lambda: found.append(waiting.for_result(batch_id, seconds=seconds))
    )
    thread.start()
    return thread, found


def test_who_waits_has_the_result_as_soon_as_it_is_there(batch):
    began = time.monotonic()
    thread, found = waits(batch)
    end(batch, "running")
    end(batch, "done", "result")
    thread.join()

    assert found == ["result"]
    assert time.monotonic() - began < 5


def test_a_result_of_before_is_none_while_the_batch_is_tried_again(batch):
    end(batch, "due", "of before")

    assert waiting.for_result(batch, seconds=0.1) is None


def test_nobody_waits_for_what_has_failed(batch):
    end(batch, "failed")
    began = time.monotonic()

    assert waiting.for_result(batch, seconds=20) is None
    assert time.monotonic() - began < 5


def test_nobody_waits_when_it_is_hopeless_unless_the_result_is_there(batch):
    began = time.monotonic()

    assert waiting.for_result(batch, seconds=20, hopeless=lambda: True) is None
    assert time.monotonic() - began < 5

    end(batch, "done", "result")
    assert waiting.for_result(batch, seconds=20, hopeless=lambda: True) == "result"


def test_time_runs_out(batch):
    began = time.monotonic()

    assert waiting.for_result(batch, seconds=0.4) is None
    assert 0.4 <= time.monotonic() - began < 5
    assert waiting.for_result(batch, seconds=0) is None


def test_no_connection_is_held_between_two_looks(batch, monkeypatch):
    held = []

    def sleep(seconds):
        held.append(engine().pool.status())
        time.sleep(seconds)

    monkeypatch.setattr(waiting, "time", SimpleNamespace(sleep=sleep, monotonic=time.monotonic))

    waiting.for_result(batch, seconds=0.5)

    assert len(held) > 3
    assert all("Current Checked out connections: 0" in status for status in held)


def test_a_store_that_goes_away_takes_back_no_promise(batch, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"postgresql://u:p@127.0.0.1:{free_port()}/moulin")
    core.settings.reset()

    assert waiting.for_result(batch, seconds=0.2) is None


def test_a_look_sees_what_was_committed_since(batch):
    with writing() as session:
        before = tuple(batches.look(session, batch))
    end(batch, "done", "r")

    assert before == ("due", None)
    assert waiting.for_result(batch, seconds=1) == "r"
