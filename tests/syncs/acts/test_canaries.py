"""A canary is of a cause: its fate decides for all failures of that cause, whatever they are of."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from core.errors import RefusedError
from db.models import BulkAct, SyncRun
from db.session import writing
from db.types import db_now
from syncs.acts.canaries import CanaryRunning
from tests.syncs.acts import made
from tests.syncs.acts.made import CODES, Worker, act, cause, counts, fail, retry, run

pytestmark = pytest.mark.usefixtures("store")

FIRST, OTHER, THIRD = CODES


def end(status: str) -> None:
    """How the run ended that a retry made due."""
    with writing() as session:
        session.execute(update(SyncRun).where(SyncRun.status == "due").values(status=status))


@pytest.fixture
def canary() -> int:
    """A canary of two causes was carried out; its run is due."""
    run_id = run()
    for code in (FIRST, OTHER):
        fail(3, code, run_id=run_id)
    ident = retry(canary=1)
    Worker().work(ident)
    return ident


def test_it_is_the_newest_of_each_cause(canary):
    assert act(canary).ids == [3, 6]
    assert counts(canary) == (2, 2, 0, 0, 0)
    assert made.states(FIRST) == made.states(OTHER) == {"retried": 1, "open": 2}


def test_however_many_causes_there_are_it_is_a_hundred_at_most():
    run_id = run()
    for number in range(120):
        fail(2, f"CODE_{number}", run_id=run_id)

    chosen = act(retry(canary=2)).ids or []

    # One of each cause before a second of any.
    assert len(chosen) == 100
    assert all(ident % 2 == 0 for ident in chosen)


def test_the_rest_waits_while_a_canary_is_not_carried_out_yet():
    fail(3, run_id=run())
    ident = retry(canary=1)

    with pytest.raises(CanaryRunning, match=f"act {ident}"):
        retry()


def test_the_rest_waits_while_its_run_is_on_its_way(canary):
    for which in ({}, {"fingerprint": cause(OTHER)}, {"task": "sync.b2b.products"}):
        with pytest.raises(CanaryRunning, match="run 2"):
            retry(which)


@pytest.mark.parametrize("status", ["succeeded", "partial", "needs_approval"])
def test_the_rest_follows_one_that_lived(canary, status):
    end(status)

    Worker().work(retry())

    assert made.states() == {"retried": 6}


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_the_rest_is_left_alone_when_it_died(canary, status):
    end(status)

    with pytest.raises(RefusedError) as refused:
        retry()
    assert refused.value.code == "CANARY_FAILED"
    assert made.states() == {"retried": 2, "open": 4}


def test_a_new_failure_of_the_cause_says_that_it_is_not_cured(canary):
    end("succeeded")
    fail(1, FIRST, run_id=run())

    with pytest.raises(RefusedError, match=cause(FIRST)):
        retry({"fingerprint": cause(FIRST)})
    retry({"fingerprint": cause(OTHER)})


def test_a_cause_without_a_canary_waits_for_none(canary):
    fail(2, THIRD, run_id=run())

    assert counts(retry({"fingerprint": cause(THIRD)}))[0] == 2


def test_it_speaks_for_every_task_of_its_cause():
    fail(2, run_id=run())
    Worker().work(retry({"task": "sync.b2b.products"}, canary=1))
    fail(2, task="sync.b2b.categories", run_id=run("b2b.categories"))

    with pytest.raises(RefusedError):
        retry({"task": "sync.b2b.categories"})


def test_the_newest_decides(canary):
    end("failed")
    Worker().work(retry(canary=1))
    end("succeeded")

    Worker().work(retry())

    assert made.states() == {"retried": 6}


def test_one_of_the_day_before_yesterday_is_forgotten(canary):
    with writing() as session:
        session.execute(update(BulkAct).values(asked_at=db_now(-25 * 3600)))

    assert retry()
