"""The gate: whether a sync may start now, whoever asks, and however many ask at once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

import core.settings
from connectors.errors import RateLimitError, ServerError
from db.models import SyncRun, SyncState
from db.session import writing
from db.work import states
from sandbox.faults import Status
from syncs import engine, gate, resuming
from syncs.running.walk import Execution
from syncs.sources.catalogue import CATEGORIES, PRODUCTS
from tests.syncs.rows import change, count, run, shift, state
from tests.syncs.running import sync_now, taken

NAME = PRODUCTS.name


def ask(*, force: bool = False, **options: int) -> gate.Answer:
    """What the gate answers a page hook."""
    return gate.request(PRODUCTS, trigger="page", force=force, options=options)


def started(ago: timedelta) -> None:
    """The last successful run began so long ago."""
    shift(SyncState, NAME, "last_success_at", seconds=ago.total_seconds())


def pause(*, paused: bool = True) -> None:
    with writing() as session:
        states.pause(session, NAME, paused=paused)


def test_what_never_ran_may_run(store):
    answer = ask()

    assert isinstance(answer, gate.Enqueued)
    assert (run(answer.run_id).status, run(answer.run_id).trigger) == ("due", "page")


def test_what_ran_just_now_is_fresh(b2b):
    sync_now(PRODUCTS)

    assert ask() == gate.Fresh(since=state(NAME).last_success_at)
    assert count(SyncRun) == 1


def test_two_hours_later_it_is_not(b2b):
    sync_now(PRODUCTS)
    started(timedelta(hours=2))

    assert isinstance(ask(), gate.Enqueued)


@pytest.mark.parametrize(("seconds", "fresh"), [(6890, True), (6910, False)])
def test_a_long_interval_is_taken_five_minutes_lightly(b2b, seconds, fresh):
    sync_now(PRODUCTS)
    started(timedelta(seconds=seconds))

    assert isinstance(ask(), gate.Fresh) is fresh


@pytest.mark.parametrize(("seconds", "fresh"), [(560, True), (575, False)])
def test_a_short_interval_is_taken_a_twentieth_lightly(b2b, monkeypatch, seconds, fresh):
    monkeypatch.setenv("SYNC_INTERVAL_B2B_PRODUCTS", "600")
    core.settings.reset()
    sync_now(PRODUCTS)
    started(timedelta(seconds=seconds))

    assert isinstance(ask(), gate.Fresh) is fresh


def test_freshness_counts_from_the_start_of_a_run(b2b):
    done = sync_now(PRODUCTS)

    assert state(NAME).last_success_at == run(done["run_id"]).started_at


def test_syncs_are_fresh_each_on_its_own(b2b):
    sync_now(PRODUCTS)

    assert isinstance(gate.request(CATEGORIES, trigger="page"), gate.Enqueued)


def test_force_passes_freshness(b2b):
    sync_now(PRODUCTS)

    assert isinstance(ask(force=True), gate.Enqueued)


def test_a_partial_run_waits_like_a_success(b2b):
    b2b.catalogue.products.edit(7, price="free")
    sync_now(PRODUCTS)

    assert isinstance(ask(), gate.Fresh)


def test_a_paused_sync_does_not_start(b2b):
    pause()

    assert ask() == gate.Paused()
    assert ask(force=True) == gate.Paused()
    assert resuming.take(PRODUCTS, {}) == gate.Paused()
    pause(paused=False)
    assert isinstance(ask(), gate.Enqueued)


def test_one_run_is_enough(store):
    first = ask()

    assert isinstance(first, gate.Enqueued)
    assert ask() == gate.Running(first.run_id)
    assert ask(force=True) == gate.Running(first.run_id)
    assert count(SyncRun) == 1


def test_a_failed_run_backs_off_minutes_and_not_hours(b2b):
    b2b.faults.add(Status(status=500))
    with pytest.raises(ServerError):
        sync_now(PRODUCTS)

    answer = ask()

    assert isinstance(answer, gate.Waiting)
    wait = answer.not_before - run(1).finished_at
    assert timedelta(minutes=4) < wait < timedelta(minutes=6)


def test_failed_runs_back_off_longer_and_longer_up_to_an_hour(b2b):
    b2b.faults.add(Status(status=500))
    waits = []
    for run_id in range(1, 8):
        with pytest.raises(ServerError):
            sync_now(PRODUCTS)
        waits.append((state(NAME).next_allowed_at - run(run_id).finished_at).total_seconds())

    assert [round(wait, -1) for wait in waits] == [300, 600, 1200, 2400, 3600, 3600, 3600]


def test_force_passes_our_own_backoff(b2b):
    b2b.faults.add(Status(status=500))
    with pytest.raises(ServerError):
        sync_now(PRODUCTS)

    assert isinstance(ask(force=True), gate.Enqueued)


def test_a_success_ends_the_backoff(b2b):
    b2b.faults.add(Status(status=500))
    with pytest.raises(ServerError):
        sync_now(PRODUCTS)
    b2b.faults.clear()
    sync_now(PRODUCTS)

    assert (state(NAME).failures, state(NAME).next_allowed_at) == (0, None)


def test_a_failed_run_does_not_make_the_data_younger(b2b):
    sync_now(PRODUCTS)
    before = state(NAME).last_success_at
    b2b.faults.add(Status(status=500))
    with pytest.raises(ServerError):
        sync_now(PRODUCTS)

    assert state(NAME).last_success_at == before


def test_no_force_passes_what_a_source_asked_for(b2b):
    b2b.faults.add(Status(status=429, retry_after=600))
    with pytest.raises(RateLimitError):
        sync_now(PRODUCTS)
    change(SyncRun, 1, status="failed")

    for answer in (ask(), ask(force=True), resuming.take(PRODUCTS, {}), asked_by_slot()):
        assert isinstance(answer, gate.Waiting)
        assert answer.not_before == state(NAME).source_wait_until


def asked_by_slot() -> gate.Answer:
    """What the gate answers beat."""
    with writing() as session:
        return gate.decide(session, PRODUCTS, trigger="beat", slot=True)


def test_a_slot_is_never_refused_as_fresh(b2b):
    sync_now(PRODUCTS)

    assert isinstance(asked_by_slot(), gate.Enqueued)


def test_forced_during_a_run_one_more_follows(b2b):
    run_id, answers = taken(PRODUCTS), []

    def force(progress):
        answers.append(ask(force=True))

    outcome = engine.execute(PRODUCTS, run_id, Execution(slice_seconds=None, watch=force))

    assert answers[:2] == [gate.Running(run_id, queued=True), gate.Running(run_id)]
    assert outcome.ring is not None
    assert count(SyncRun) == 2
    follow_up = run(outcome.ring)
    assert (follow_up.status, follow_up.trigger) == ("due", "follow_up")


def test_a_follow_up_is_followed_by_none(b2b):
    run_id = taken(PRODUCTS)

    def force(progress):
        ask(force=True)

    execution = Execution(slice_seconds=None, watch=force)
    follow_up = engine.execute(PRODUCTS, run_id, execution).ring
    assert follow_up is not None

    outcome = engine.execute(PRODUCTS, follow_up, Execution(slice_seconds=None))

    assert (outcome.status, outcome.ring) == ("succeeded", None)
    assert count(SyncRun) == 2


def test_asked_without_force_during_a_run_none_follows(b2b):
    run_id = taken(PRODUCTS)

    def look(progress):
        ask()

    execution = Execution(slice_seconds=None, watch=look)

    assert engine.execute(PRODUCTS, run_id, execution).ring is None


def test_a_run_by_hand_takes_over_one_that_is_due(store):
    due = ask()

    assert resuming.take(PRODUCTS, {}) == due


def test_a_run_by_hand_with_other_options_lets_the_due_one_follow(b2b):
    ask()

    done = sync_now(PRODUCTS, site_id=1)

    assert done["run_id"] == 2
    assert [run(n).status for n in (1, 2, 3)] == ["superseded", "succeeded", "due"]
    assert run(3).options == {}


def test_fifty_who_ask_at_once_start_one_run(store):
    together = Barrier(50)

    def hit(_: int) -> str:
        together.wait()
        return ask().status

    with ThreadPoolExecutor(50) as pool:
        answers = Counter(pool.map(hit, range(50)))

    assert answers == {"enqueued": 1, "running": 49}
    assert count(SyncRun) == 1


def test_ten_who_execute_one_run_at_once_walk_it_once(b2b):
    run_id = taken(PRODUCTS)
    together = Barrier(10)

    def execute(_: int) -> str:
        together.wait()
        return engine.execute(PRODUCTS, run_id, Execution(slice_seconds=None)).status

    with ThreadPoolExecutor(10) as pool:
        outcomes = Counter(pool.map(execute, range(10)))

    assert outcomes == {"succeeded": 1, "left": 9}
    assert b2b.log.requested_pages("products") == [1, 2, 3]
