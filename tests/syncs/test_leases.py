"""Who may run a sync: one holder, fenced when it has lost its lease."""

import pytest

import core.settings
from connectors.errors import AuthenticationError, ServerError
from db.models import Product, Reject, StockMovement, SyncRun, SyncState
from db.session import reading, writing
from db.work import claims, leases, runs
from sandbox.faults import Status
from syncs import engine, gate, resuming
from syncs.running import ending
from syncs.running.walk import Execution
from syncs.sources.catalogue import PRODUCTS
from tests.syncs.rows import (
    change,
    dump,
    living,
    mismatches,
    run,
    shift,
    state,
)
from tests.syncs.running import BY_HAND, claim, sync_now, taken

NAME = PRODUCTS.name


def test_a_living_lease_refuses_a_second_run(b2b):
    run_id = taken(PRODUCTS)
    claim(run_id)

    assert resuming.take(PRODUCTS, {}) == gate.Running(run_id)
    assert engine.execute(PRODUCTS, run_id).status == "left"
    assert len(b2b.log) == 0


def test_an_expired_lease_is_taken_over(b2b):
    run_id = taken(PRODUCTS)
    claim(run_id)
    shift(SyncState, NAME, "lease_until", seconds=1)

    assert engine.execute(PRODUCTS, run_id, BY_HAND).status == "succeeded"


def test_a_lease_is_renewed_by_every_page(b2b):
    seen = []

    def look(progress):
        seen.append(state(NAME).lease_until)

    sync_now(PRODUCTS, watch=look)

    assert seen[0] < seen[1] < seen[2]


def test_a_lease_lasts_twice_the_longest_call(monkeypatch):
    assert PRODUCTS.source.timeouts.lease == 60
    monkeypatch.setenv("INVENTORY_API_TIMEOUT", "300")
    core.settings.reset()
    assert PRODUCTS.source.timeouts.lease == 600


def test_every_claim_has_a_higher_token(b2b):
    run_id = taken(PRODUCTS)
    first, second = claim(run_id), claim(run_id, steal=True)

    assert first is not None
    assert second is not None
    assert second.token > first.token


def test_a_stolen_lease_fences_the_holder_from_its_next_page(b2b):
    run_id = taken(PRODUCTS)
    after_theft: list[object] = []

    def steal(progress):
        if not after_theft:
            claim(run_id, steal=True)
            after_theft.append(dump(Product, StockMovement, SyncRun, Reject))

    outcome = engine.execute(PRODUCTS, run_id, Execution(slice_seconds=None, watch=steal))

    assert outcome.status == "left"
    assert living() == set(range(1, 11))
    assert dump(Product, StockMovement, SyncRun, Reject) == after_theft[0]


def test_who_resumes_a_living_run_by_hand_finishes_it_alone(b2b):
    run_id = taken(PRODUCTS)
    done: list[dict[str, object]] = []

    def resume(progress):
        if not done:
            done.append({})
            done[0] = sync_now(PRODUCTS, resume=True)

    outcome = engine.execute(PRODUCTS, run_id, Execution(slice_seconds=None, watch=resume))

    assert outcome.status == "left"
    assert (done[0]["run_id"], done[0]["status"], done[0]["created"]) == (run_id, "succeeded", 25)
    assert run(run_id).status == "succeeded"
    assert mismatches() == []


def test_a_zombie_ends_nothing(b2b):
    run_id = taken(PRODUCTS)
    zombie = claim(run_id)
    assert zombie is not None
    claim(run_id, steal=True)
    before = dump()

    with pytest.raises(claims.LeaseLost):
        ending.cancel(PRODUCTS, zombie)
    with pytest.raises(claims.LeaseLost):
        ending.try_again(PRODUCTS, zombie, ServerError("500"), by_hand=False)
    with pytest.raises(claims.LeaseLost):
        ending.give_up_or_retry(PRODUCTS, zombie, AuthenticationError("401"), by_hand=False)
    with pytest.raises(claims.LeaseLost):
        ending.give_up_silent(PRODUCTS, zombie)

    assert dump() == before


def test_a_zombie_at_the_end_of_its_walk_finishes_and_deletes_nothing(b2b):
    sync_now(PRODUCTS)
    b2b.catalogue.products.delete(25)
    run_id = taken(PRODUCTS)

    def steal(progress):
        if progress.pages == 3:
            claim(run_id, steal=True)

    outcome = engine.execute(PRODUCTS, run_id, Execution(slice_seconds=None, watch=steal))

    assert outcome.status == "left"
    assert run(run_id).status == "running"
    assert living() == set(range(1, 26))


def test_a_run_that_is_over_is_left_alone(b2b):
    done = sync_now(PRODUCTS)
    before = dump(SyncRun)

    assert engine.execute(PRODUCTS, done["run_id"]).status == "left"
    assert dump(SyncRun) == before


def test_a_run_that_must_wait_is_left_alone(b2b):
    run_id = taken(PRODUCTS)
    b2b.faults.add(Status(status=500))
    with pytest.raises(ServerError):
        engine.execute(PRODUCTS, run_id)
    b2b.log.clear()

    assert engine.execute(PRODUCTS, run_id).status == "left"
    assert len(b2b.log) == 0


def test_a_pause_lets_no_run_begin(b2b):
    run_id = taken(PRODUCTS)
    change_state(paused=True)

    assert engine.execute(PRODUCTS, run_id).status == "left"
    assert len(b2b.log) == 0


def change_state(**values: object) -> None:
    """Set columns of the sync's state, which the first claim makes."""
    change(SyncState, NAME, **values)


def test_an_interrupt_by_hand_cancels_the_run(b2b):
    def interrupt(progress):
        raise KeyboardInterrupt

    run_id = taken(PRODUCTS)
    with pytest.raises(KeyboardInterrupt):
        engine.execute(PRODUCTS, run_id, Execution(by_hand=True, watch=interrupt))

    assert run(run_id).status == "cancelled"
    assert state(NAME).lease_until is None
    with reading() as session:
        assert runs.active(session, NAME) is None


def test_an_interrupt_after_the_end_changes_nothing(b2b):
    def interrupt(progress):
        if run(run_id).finished_at is not None:
            raise KeyboardInterrupt

    run_id = taken(PRODUCTS)
    with pytest.raises(KeyboardInterrupt):
        engine.execute(PRODUCTS, run_id, Execution(by_hand=True, watch=interrupt))

    assert run(run_id).status == "succeeded"
    assert state(NAME).lease_until is None


def test_a_lease_that_was_given_back_is_lost(b2b):
    run_id = taken(PRODUCTS)
    lease = claim(run_id)
    assert lease is not None
    with writing() as session:
        leases.put_back(session, lease)

    with pytest.raises(claims.LeaseLost), writing() as session:
        claims.renew(session, lease)
