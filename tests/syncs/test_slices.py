"""A long run gives way to others after its slice, and loses nothing by it."""

from syncs import engine
from syncs.running.walk import Execution
from syncs.sources.catalogue import PRODUCTS
from tests.syncs.rows import (
    mismatches,
    run,
    state,
)
from tests.syncs.running import counts, taken

NAME = PRODUCTS.name


def test_a_slice_ends_after_its_time_and_the_run_is_rung_for(b2b):
    run_id = taken(PRODUCTS)

    outcome = engine.execute(PRODUCTS, run_id, Execution(slice_seconds=0))

    assert (outcome.status, outcome.ring) == ("due", run_id)
    assert b2b.log.requested_pages("products") == [1]
    assert state(NAME).lease_until is None


def test_slices_add_up_to_the_whole(b2b):
    run_id, sliced = taken(PRODUCTS), Execution(slice_seconds=0)

    statuses = [engine.execute(PRODUCTS, run_id, sliced).status for _ in range(3)]

    assert statuses == ["due", "due", "succeeded"]
    assert b2b.log.requested_pages("products") == [1, 2, 3]
    assert counts(engine.statistics(PRODUCTS, run_id)) == {"created": 25}
    assert mismatches() == []


def test_slices_are_no_failures(b2b):
    b2b.catalogue.products.change(1)
    for _ in range(100):
        b2b.catalogue.products.add()
    run_id = taken(PRODUCTS)

    for _ in range(13):
        engine.execute(PRODUCTS, run_id, Execution(slice_seconds=0))

    assert run(run_id).status == "succeeded"
    assert run(run_id).failures == 0
