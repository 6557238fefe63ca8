"""How an act ends: stopped, given up, or gone on with by another, whatever dies on the way."""

from __future__ import annotations

import pytest

from core.errors import MoulinError, RefusedError, RetriableError
from db.models import FailedTask
from db.session import reading, writing
from db.work import claims
from db.work.acts import Claim
from syncs.acts import failures as single
from syncs.acts.bulk import asking
from syncs.acts.by import By
from syncs.trying import MOST_FAILURES
from tests.properties.crashes import MOMENTS, Bug, Crash, Killed
from tests.syncs.acts import made
from tests.syncs.acts.made import (
    AWA,
    CODES,
    Worker,
    act,
    audited,
    counts,
    fail,
    retried_as,
    retry,
    run,
    runs,
)

pytestmark = pytest.mark.usefixtures("store")

FIRST, OTHER, THIRD = CODES


@pytest.mark.parametrize("order", ["failure.retry", "failure.dismiss"])
def test_an_act_that_is_stopped_leaves_the_rest_as_it_was(worker, small, order):
    fail(9, run_id=run())
    ident = asking.ask(order, {}, by=AWA).id

    def stop(line):
        if line.left == 6:
            assert asking.stop(ident, by=By("cli:moussa", "wrong filter")).status == "running"

    assert worker.work(ident, watch=stop) == "stopped"

    assert counts(ident) == (9, 3, 0, 0, 6)
    assert made.states()["open"] == 6
    assert (act(ident).status, act(ident).lease_until) == ("stopped", None)
    assert [each.what for each in audited()] == [order, "act.stop", "act.end"]
    assert worker.work(ident) == "left"
    with pytest.raises(RefusedError, match="stopped already"):
        asking.stop(ident, by=AWA)


def test_an_act_that_nobody_is_at_is_stopped_at_once(worker):
    fail(3, run_id=run())
    ident = retry()

    assert asking.stop(ident, by=AWA).status == "stopped"

    assert worker.work(ident) == "left"
    assert counts(ident) == (3, 0, 0, 0, 3)
    assert made.states() == {"open": 3}


def test_a_worker_that_was_frozen_writes_nothing_into_a_stopped_act(worker, small):
    fail(9, run_id=run())
    ident = retry()

    def freeze(line):
        if line.left == 6:
            made.expire(ident)
            asking.stop(ident, by=AWA)

    # What it holds is stale: the next slice is undone.
    assert worker.work(ident, watch=freeze) == "left"
    assert counts(ident) == (9, 3, 0, 0, 6)
    assert made.states() == {"retried": 3, "open": 6}


def test_a_worker_that_was_frozen_within_a_slice_writes_nothing(worker):
    fail(3, task="upkeep.forget", args=[])
    ident = retry()
    other = Worker()

    def freeze(*_: object, **__: object) -> bool:
        if not other.posted:
            made.expire(ident)
            assert other.work(ident) == "done"
        return True

    assert worker.work(ident, send=freeze) == "left"
    assert counts(ident) == (3, 3, 0, 0, 0)


def test_it_gives_way_and_goes_on(worker, small):
    fail(7, run_id=run())
    ident = retry()
    worker.turn = 0

    assert [worker.work(ident) for _ in range(4)] == ["due", "due", "due", "done"]
    assert counts(ident) == (7, 7, 0, 0, 0)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("transaction", range(1, 8))
def test_whoever_dies_anywhere_nothing_is_done_twice(worker, small, moment, transaction):
    fail(5, run_id=run())
    # A task without a row, sent again as it was.
    fail(1, task="upkeep.forget", args=[])
    ident = retry()

    crash = Crash(Killed(), transaction, moment, statement=2)
    with crash.armed():
        try:
            worker.work(ident)
        except Killed:
            made.expire(ident)
            worker.work(ident)

    assert act(ident).status == "done"
    assert counts(ident) == (6, 6, 0, 0, 0)
    assert made.states() == {"retried": 6}
    assert len(runs()) == 2
    # One message, however often it was sent.
    assert len(set(worker.posted)) == 1


def test_a_bug_is_kept_and_given_up_in_the_end(worker):
    fail(2, run_id=run())
    ident = retry()

    for _ in range(MOST_FAILURES):
        made.expire(ident)
        with Crash(Bug("mine"), 3, "within").armed(), pytest.raises(Bug):
            worker.work(ident)

    assert (act(ident).status, len(act(ident).errors)) == ("failed", MOST_FAILURES)
    kept = made.ids()[-1]
    with reading() as session:
        assert session.get_one(FailedTask, kept).args == [ident]

    again = single.retry(kept, by=AWA)
    assert again is not None
    assert again.name == f"act {ident}"
    assert worker.work(ident) == "done"
    assert counts(ident) == (2, 2, 0, 0, 0)


def test_who_comes_further_each_time_is_not_given_up(worker, small):
    fail(MOST_FAILURES * 3 + 6, run_id=run())
    ident = retry()

    def break_off(_):
        raise Bug("after a slice")

    for _ in range(MOST_FAILURES + 1):
        with pytest.raises(Bug):
            worker.work(ident, watch=break_off)
        made.expire(ident)

    assert act(ident).status == "due"
    assert worker.work(ident) == "done"


def test_workers_that_die_without_a_word_are_not_followed_for_ever(worker):
    fail(2, run_id=run())
    ident = retry()
    for _ in range(MOST_FAILURES):
        made.expire(ident)
        with writing() as session:
            claims.claim(session, Claim, ident, seconds=60)
    made.expire(ident)

    with pytest.raises(MoulinError, match="died without"):
        worker.work(ident)

    assert act(ident).status == "failed"
    assert made.states() == {"open": 3}


def test_without_a_broker_an_act_waits_and_goes_on_by_itself(worker):
    fail(2, task="upkeep.forget", args=[])
    ident = retry()
    worker.hears = False

    for _ in range(MOST_FAILURES + 1):
        with pytest.raises(RetriableError, match="broker"):
            worker.work(ident)
        assert act(ident).not_before is not None
        made.expire(ident)

    worker.hears = True
    assert worker.work(ident) == "done"
    assert made.states() == {"retried": 2}
    assert retried_as() == set(worker.posted)
