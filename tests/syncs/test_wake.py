"""Waking stale syncs: one run however many look, and no trouble for who looks."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

import core.settings
from core.logs import correlation_id
from db.models import SyncRun, SyncState
from db.types import db_now
from syncs import gate
from syncs.due.wake import Waker
from syncs.sources.catalogue import CATEGORIES, PRODUCTS
from tests.api.door import statements
from tests.syncs.rows import change, count, run, shift, state
from tests.syncs.waking import BOTH, runs, synced


def test_what_never_ran_is_woken(store):
    Waker(BOTH).wake()

    assert runs() == {"b2b.categories": 1, "b2b.products": 1}
    assert (run(1).status, run(1).trigger, run(1).rung_at) == ("due", "page", None)


def test_fresh_data_is_known_by_one_statement_for_all_of_it(store):
    synced(hours_ago=1)

    with statements() as told:
        Waker(BOTH).wake()

    assert [line.split()[0] for line in told if line != "BEGIN"] == ["SELECT"]
    assert runs() == {}


def test_only_the_stale_one_is_woken(store):
    synced(hours_ago=3)
    change(SyncState, CATEGORIES.name, last_success_at=db_now(-60))

    Waker(BOTH).wake()

    assert runs() == {"b2b.products": 1}


@pytest.mark.parametrize(
    "reason",
    [
        {"paused": True},
        {"next_allowed_at": db_now(60)},
        {"source_wait_until": db_now(60)},
    ],
    ids=["paused", "after a failure", "the source asked for it"],
)
def test_what_may_not_run_is_not_woken(store, reason):
    synced(hours_ago=3)
    change(SyncState, PRODUCTS.name, **reason)

    Waker([PRODUCTS]).wake()

    assert runs() == {}
    assert not isinstance(gate.request(PRODUCTS, trigger="page"), gate.Enqueued)


def test_a_run_on_its_way_is_enough(store):
    synced(hours_ago=3)
    waker = Waker(BOTH)
    waker.wake()

    shift(SyncState, PRODUCTS.name, "last_success_at", seconds=90_000)
    waker.wake()

    assert runs() == {"b2b.categories": 1, "b2b.products": 1}


def test_fifty_who_look_at_once_start_one_run(store):
    synced(hours_ago=3)
    wakers = [Waker(BOTH) for _ in range(5)]
    together = Barrier(50)

    def look(number: int) -> None:
        together.wait()
        wakers[number % 5].wake()

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(look, range(50)))
    Waker(BOTH).wake()

    assert runs() == {"b2b.categories": 1, "b2b.products": 1}


def test_each_run_has_a_correlation_id_of_its_own_and_the_thread_keeps_none(store):
    Waker(BOTH).wake()

    assert run(1).correlation_id
    assert run(1).correlation_id != run(2).correlation_id
    assert correlation_id() is None


def test_one_page_at_a_time_looks(store):
    synced(hours_ago=3)
    waker = Waker(BOTH)

    with waker._turn:
        waker.wake()

    assert count(SyncRun) == 0


def test_an_interval_of_its_own_counts(store, monkeypatch):
    synced(hours_ago=0.5)
    monkeypatch.setenv("SYNC_INTERVAL_B2B_PRODUCTS", "900")
    core.settings.reset()

    Waker(BOTH).wake()

    assert runs() == {"b2b.products": 1}
    assert state(PRODUCTS.name).last_success_at + timedelta(minutes=15) < run(1).created_at
