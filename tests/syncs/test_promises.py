"""What the gate and the lease promise when several things happen at once."""

from __future__ import annotations

import sqlite3
import threading

import pytest
from sqlalchemy.exc import OperationalError

from connectors.errors import RateLimitError
from core.settings import settings
from db import session
from db.session import reading, writing
from db.work import claims, leases, runs, states
from sandbox.faults import Status
from syncs import engine, gate, resuming
from syncs.registry import SYNCS, find
from syncs.running.walk import Execution
from tests.syncs.running import BY_HAND, taken
from worker.sweeper import Sweeper

PRODUCTS = find("b2b.products")
ONE_PAGE = Execution(slice_seconds=0)


def opened(**options: int | str) -> int:
    answer = gate.request(PRODUCTS, trigger="test", force=True, options=options)
    assert isinstance(answer, gate.Enqueued)
    return answer.run_id


def follow_up():
    with reading() as opened_session:
        state = states.find(opened_session, PRODUCTS.name)
        return None if state is None else state.follow_up


def test_a_full_run_between_two_slices_follows_the_part_a_person_asks_for(b2b):
    full = opened()
    assert engine.execute(PRODUCTS, full, ONE_PAGE).status == "due"

    part = taken(PRODUCTS, site_id=2)

    assert part != full
    assert follow_up() == {}


def test_a_forced_request_between_two_slices_is_followed_by_one_more_run(b2b):
    run_id = opened()
    engine.execute(PRODUCTS, run_id, ONE_PAGE)

    gate.request(PRODUCTS, trigger="test", force=True)

    assert follow_up() == {}


def test_a_run_that_has_read_nothing_yet_needs_no_follow_up(b2b):
    opened()

    gate.request(PRODUCTS, trigger="test", force=True)

    assert follow_up() is None


def test_a_full_follow_up_is_not_replaced_by_a_part(b2b):
    run_id = opened()
    engine.execute(PRODUCTS, run_id, ONE_PAGE)

    gate.request(PRODUCTS, trigger="test", force=True)
    gate.request(PRODUCTS, trigger="test", force=True, options={"site_id": 3})

    assert follow_up() == {}


def test_cancelling_a_waiting_run_opens_the_one_that_was_to_follow(b2b):
    run_id = opened()
    engine.execute(PRODUCTS, run_id, ONE_PAGE)
    gate.request(PRODUCTS, trigger="test", force=True)

    with writing() as order:
        runs.request_cancel(order, run_id)

    with reading() as look:
        active = runs.active(look, PRODUCTS.name)
        assert active is not None
        assert active.trigger == "follow_up"
    assert follow_up() is None


def test_who_gives_way_writes_nothing_more(b2b):
    run_id = opened()
    with writing() as claiming:
        lease = leases.claim(claiming, runs.find(claiming, run_id), owner="old", seconds=60)
    assert lease is not None

    taken(PRODUCTS, resume=True, site_id=2)

    with pytest.raises(claims.LeaseLost), writing() as late:
        claims.renew(late, lease)


def test_a_source_that_always_says_wait_is_given_up_as_what_it_is(b2b):
    b2b.faults.add(Status(status=429, retry_after=0))
    run_id = taken(PRODUCTS)

    for _ in range(5):
        with writing() as clock:
            state = states.locked(clock, PRODUCTS.name)
            state.source_wait_until = None
            runs.find(clock, run_id).not_before = None
        with pytest.raises(RateLimitError):
            engine.execute(PRODUCTS, run_id, BY_HAND)

    with reading() as look:
        run = runs.find(look, run_id)
        assert run.status == "failed"
        assert run.errors[-1]["code"] != "DIED"


def test_no_door_passes_a_sources_retry_after(b2b):
    b2b.faults.add(Status(status=429, retry_after=3000))
    run_id = taken(PRODUCTS)
    with pytest.raises(RateLimitError):
        engine.execute(PRODUCTS, run_id, BY_HAND)
    asked = len(b2b.log)

    assert isinstance(resuming.take(PRODUCTS, {}, resume=True), gate.Waiting)
    assert engine.execute(PRODUCTS, run_id, Execution(steal=True)).status == "left"
    with writing() as ringing:
        assert runs.to_ring(ringing, quiet=0, syncs=[*SYNCS]) == []
    assert len(b2b.log) == asked


def test_an_emptied_source_is_no_success(b2b):
    engine.execute(PRODUCTS, taken(PRODUCTS), BY_HAND)
    b2b.catalogue.products.replace([])

    run_id = taken(PRODUCTS)
    engine.execute(PRODUCTS, run_id, BY_HAND)

    done = engine.statistics(PRODUCTS, run_id)
    assert (done["status"], done["deleted"]) == ("partial", 0)
    assert any("sent nothing" in warning for warning in done["warnings"])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_writer_that_waits_too_long_fails_as_every_database_error_does(store, monkeypatch):
    monkeypatch.setattr(session, "PATIENCE", 0.05)
    path = settings().database_url.removeprefix("sqlite:///")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(OperationalError), writing() as late:
        states.ensure(late, "b2b.products")

    other.execute("ROLLBACK")
    other.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_sweeper_outlives_whatever_goes_wrong_in_a_round(store, monkeypatch):
    rounds = threading.Semaphore(0)

    def broken(**_: float) -> list[tuple[int, str]]:
        rounds.release()
        raise LookupError("a bug")

    monkeypatch.setattr("worker.sweeper.sweep.once", broken)
    monkeypatch.setattr("worker.sweeper.EVERY", 0.01)
    sweeper = Sweeper()
    sweeper.start()

    # A thread that died in its first round would not come to a third.
    assert all(rounds.acquire(timeout=10) for _ in range(3))
    sweeper.stop()
