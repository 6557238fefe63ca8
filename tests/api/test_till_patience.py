"""A till that waits: how long, beside how many others, and what it is told in the end."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import core.settings
from api.bell import Bell
from api.till import sales, waiting
from db.session import reading
from db.tills import batches
from tests.api.till import GUIDE, Till, furnish, sale, work, working
from tests.servers import until


@pytest.fixture
def till(app, store):
    furnish()
    return Till(app)


def timed(till, *args, **options):
    """The answer, and the seconds it took."""
    began = time.monotonic()
    answer = till.post(*args, **options)
    return answer, time.monotonic() - began


def test_without_a_wish_a_till_waits_as_long_as_the_setting_says(till, monkeypatch):
    monkeypatch.setenv("SALES_WAIT_SECONDS", "1")
    core.settings.reset()

    answer, seconds = timed(till, GUIDE)

    assert (answer.status_code, answer.headers.get("Preference-Applied")) == (202, None)
    assert 1 <= seconds < 6


@pytest.mark.parametrize(
    ("prefer", "seconds", "applied"),
    [
        ("wait=1", 1, "wait=1"),
        ("respond-async, wait=1", 1, "respond-async, wait=1"),
        ("wait=0", 0, "wait=0"),
        ("respond-async", 0, "respond-async"),
        ("respond-async, wait=soon", 0, "respond-async"),
    ],
)
def test_a_till_that_waited_in_vain_is_told_so(till, prefer, seconds, applied):
    answer, took = timed(till, GUIDE, prefer=prefer)

    assert (answer.status_code, answer.headers["Preference-Applied"]) == (202, applied)
    assert seconds <= took < seconds + 5


@pytest.mark.parametrize("prefer", ["wait=20", "respond-async, wait=20"])
def test_a_result_ends_the_waiting(till, prefer):
    with working():
        answer, took = timed(till, GUIDE, prefer=prefer)

    assert (answer.status_code, answer.headers["Preference-Applied"]) == (201, "wait=20")
    assert took < 15


def test_who_finds_no_seat_is_answered_at_once(till):
    till.app.config["MOST_WAITING"] = 2
    with ThreadPoolExecutor(6) as pool:
        early = [pool.submit(timed, till, [sale(f"E-{i}")], prefer="wait=20") for i in range(6)]
        until(lambda: sum(each.done() for each in early) == 4, what="those without a seat")
        late, took = timed(till, [sale("L")], prefer="wait=20")
        assert sum(each.done() for each in early) == 4
        work()
        told = [each.result() for each in early]

    assert (late.status_code, late.headers.get("Preference-Applied")) == (202, None)
    assert took < 10
    assert sorted(answer.status_code for answer, _ in told) == [201, 201, 202, 202, 202, 202]
    assert waiting.SEATS._taken == 0


def test_nobody_waits_where_nobody_may(till):
    till.app.config["MOST_WAITING"] = 0

    answer, took = timed(till, GUIDE, prefer="wait=20")

    assert (answer.status_code, answer.headers.get("Preference-Applied")) == (202, None)
    assert took < 10


def test_the_bell_is_rung_for_a_batch_that_is_committed(till, monkeypatch):
    heard = []

    def ring(task, batch_id):
        with reading() as session:
            heard.append((task, batches.look(session, batch_id).status))
        return True

    monkeypatch.setattr(sales, "BELL", Bell(ring=ring, look=bool))

    till.post(GUIDE, prefer="respond-async", idempotency_key="k")
    till.post(GUIDE, prefer="respond-async", idempotency_key="k")
    till.post("[]")
    till.post("{")

    until(lambda: len(heard) == 2, what="the bell")
    assert heard == [("sales.process", "due")] * 2


def test_nobody_waits_when_nobody_hears_the_bell(till, monkeypatch):
    unheard = Bell(ring=lambda *_: False, look=bool, silent=lambda: True)
    monkeypatch.setattr(sales, "BELL", unheard)

    answer, took = timed(till, GUIDE, prefer="wait=20")

    assert (answer.status_code, answer.headers.get("Preference-Applied")) == (202, None)
    assert took < 10


def test_a_bell_that_hangs_holds_nobody_up(till, monkeypatch):
    release = threading.Event()
    hangs = Bell(ring=lambda *_: release.wait(60), look=bool, most=1)
    monkeypatch.setattr(sales, "BELL", hangs)
    try:
        for number in range(5):
            answer, took = timed(till, [sale(f"N-{number}")], prefer="respond-async")

            assert answer.status_code == 202
            assert took < 5
    finally:
        release.set()

    assert work() == 5
