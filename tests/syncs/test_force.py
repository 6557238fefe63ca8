"""Force while a run is on its way: our own backoff gives way, a source's wait does not, and all
that was asked for is brought in.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from connectors.errors import RateLimitError, ServerError
from db import bulk
from db.models import SyncRun
from db.session import reading, writing
from db.work import runs
from sandbox.faults import Status
from syncs import engine, gate
from syncs.registry import SYNCS
from syncs.running.walk import Execution
from syncs.sources.catalogue import PRODUCTS
from tests.syncs.rows import change, count, run, state
from tests.syncs.running import taken

NAME = PRODUCTS.name


@pytest.fixture
def failed(b2b) -> int:
    """A run that failed once and is tried again in ten minutes."""
    b2b.faults.add(Status(status=500))
    run_id = taken(PRODUCTS)
    with pytest.raises(ServerError):
        engine.execute(PRODUCTS, run_id)
    change(SyncRun, run_id, not_before=now() + timedelta(minutes=10))
    return run_id


@pytest.fixture
def waiting(b2b) -> int:
    """A run whose source wants to be left alone for ten minutes."""
    b2b.faults.add(Status(status=429, retry_after=600))
    run_id = taken(PRODUCTS)
    with pytest.raises(RateLimitError):
        engine.execute(PRODUCTS, run_id)
    return run_id


@pytest.fixture
def halfway(b2b) -> int:
    """A run that has read a page."""
    run_id = taken(PRODUCTS)
    engine.execute(PRODUCTS, run_id, Execution(slice_seconds=0))
    return run_id


def now() -> datetime:
    with reading() as session:
        return bulk.now(session)


def force(**options: int) -> gate.Answer:
    return gate.request(PRODUCTS, trigger="api", force=True, options=options)


def rung_for() -> list[int]:
    with writing() as session:
        return [ident for ident, _ in runs.to_ring(session, quiet=0, syncs=[*SYNCS])]


def test_a_run_that_backs_off_after_a_failure_is_released(failed):
    assert rung_for() == []

    assert force() == gate.Running(failed, released=True)

    assert run(failed).not_before is None
    assert rung_for() == [failed]
    assert force() == gate.Running(failed)


def test_asked_without_force_it_backs_off_as_before(failed):
    assert gate.request(PRODUCTS, trigger="page") == gate.Running(failed)
    with writing() as session:
        assert gate.decide(session, PRODUCTS, trigger="beat", slot=True) == gate.Running(failed)

    assert rung_for() == []


def test_while_the_source_wants_to_be_left_alone_nothing_changes(waiting):
    before = run(waiting)

    answer = force(site_id=1)

    assert answer == gate.Waiting(state(NAME).source_wait_until)
    assert run(waiting).not_before == before.not_before is not None
    assert run(waiting).options == {}
    assert state(NAME).follow_up is None


def test_what_was_asked_for_twice_is_brought_in_by_one_more_run(halfway):
    assert force(site_id=1) == gate.Running(halfway, queued=True)
    assert force(site_id=1) == gate.Running(halfway)

    assert state(NAME).follow_up == {"site_id": 1}


def test_of_two_parts_that_were_asked_for_none_is_lost(halfway):
    assert force(site_id=1) == gate.Running(halfway, queued=True)
    assert force(site_id=2) == gate.Running(halfway, queued=True)

    assert state(NAME).follow_up == {}
    assert force(site_id=3) == gate.Running(halfway)
    outcome = engine.execute(PRODUCTS, halfway, Execution(slice_seconds=None))
    assert outcome.ring is not None
    assert run(outcome.ring).options == {}
    assert count(SyncRun) == 2
