"""A run that stopped goes on where it was; its pages are not asked for again."""

import pytest

from connectors.errors import ServerError
from db.models import SyncRun, SyncState
from db.session import writing
from db.work import runs
from sandbox import b2b as inventory
from sandbox.faults import Status
from syncs import engine
from syncs.running.walk import Execution
from syncs.sources.catalogue import PRODUCTS
from tests.syncs.rows import living, mismatches, run, shift
from tests.syncs.running import BY_HAND, counts, sync_now, taken


@pytest.fixture
def stopped(b2b: inventory.B2B) -> inventory.B2B:
    """A run by hand that wrote one page of three; the source is healed, its log empty."""
    b2b.faults.add(Status(status=500, page=2))
    with pytest.raises(ServerError):
        sync_now(PRODUCTS)
    b2b.faults.clear()
    b2b.log.clear()
    return b2b


def test_a_resumed_run_asks_only_for_the_pages_that_are_missing(stopped):
    done = sync_now(PRODUCTS, resume=True)

    assert (done["run_id"], done["status"]) == (1, "succeeded")
    assert (counts(done), done["pages"]) == ({"created": 25}, 3)
    assert stopped.log.requested_pages("products") == [2, 3]


def test_without_being_told_to_resume_a_new_run_begins(stopped):
    done = sync_now(PRODUCTS)

    assert done["run_id"] == 2
    assert counts(done) == {"created": 15, "unchanged": 10}
    assert stopped.log.requested_pages("products") == [1, 2, 3]


def test_a_checkpoint_older_than_a_day_begins_anew(stopped):
    shift(SyncRun, 1, "checkpoint_at", hours=25)

    done = sync_now(PRODUCTS, resume=True)

    assert done["run_id"] == 2
    assert stopped.log.requested_pages("products") == [1, 2, 3]


def test_a_checkpoint_younger_than_a_day_does_not(stopped):
    shift(SyncRun, 1, "checkpoint_at", hours=23)

    assert sync_now(PRODUCTS, resume=True)["run_id"] == 1


def test_other_options_begin_anew(stopped):
    done = sync_now(PRODUCTS, resume=True, site_id=1)

    assert done["run_id"] == 2
    assert stopped.log.requested_pages("products")[0] == 1


def test_a_run_is_resumed_once(stopped):
    sync_now(PRODUCTS, resume=True)

    assert sync_now(PRODUCTS, resume=True)["run_id"] == 2


def test_resume_with_nothing_to_resume_begins(b2b):
    assert counts(sync_now(PRODUCTS, resume=True)) == {"created": 25}


def test_a_resumed_run_knows_the_errors_of_its_first_part(b2b):
    b2b.catalogue.products.edit(7, price="free")
    b2b.faults.add(Status(status=500, page=2))
    with pytest.raises(ServerError):
        sync_now(PRODUCTS)
    b2b.faults.clear()

    done = sync_now(PRODUCTS, resume=True)

    assert (done["status"], counts(done)) == ("partial", {"created": 24, "errors": 1})
    assert [entry["product_id"] for entry in done["errors_list"]] == ["7"]


def test_a_resumed_run_deletes_what_both_parts_missed(b2b):
    sync_now(PRODUCTS)
    b2b.catalogue.products.delete(25)
    b2b.faults.add(Status(status=500, page=2))
    with pytest.raises(ServerError):
        sync_now(PRODUCTS)
    b2b.faults.clear()

    done = sync_now(PRODUCTS, resume=True)

    assert done["deleted"] == 1
    assert living() == set(range(1, 25))


def test_a_killed_run_goes_on_when_its_lease_has_expired(b2b):
    run_id = killed(b2b)
    shift_lease()

    done = sync_now(PRODUCTS)

    assert (done["run_id"], done["status"]) == (run_id, "succeeded")
    assert counts(done) == {"created": 25}
    assert b2b.log.requested_pages("products") == [2, 3]


def test_a_killed_run_with_an_old_checkpoint_begins_anew_by_worker_too(b2b):
    run_id = killed(b2b)
    shift_lease()
    shift(SyncRun, run_id, "checkpoint_at", hours=25)

    outcome = engine.execute(PRODUCTS, run_id, BY_HAND)

    assert (outcome.run_id, outcome.status) == (run_id + 1, "succeeded")
    assert run(run_id).status == "superseded"
    assert b2b.log.requested_pages("products") == [1, 2, 3]


def test_a_cancelled_run_keeps_its_checkpoint(b2b):
    def cancel(progress):
        with writing() as session:
            runs.request_cancel(session, 1)

    run_id = taken(PRODUCTS)
    watched = Execution(slice_seconds=None, by_hand=True, watch=cancel)
    assert engine.execute(PRODUCTS, run_id, watched).status == "cancelled"
    b2b.log.clear()

    done = sync_now(PRODUCTS, resume=True)

    assert (done["run_id"], done["status"]) == (run_id, "succeeded")
    assert b2b.log.requested_pages("products") == [3]
    assert mismatches() == []


class Killed(BaseException):
    """The process dies here, without a word."""


def killed(b2b: inventory.B2B) -> int:
    """A run whose process died after its first page; its id."""

    def die(progress):
        raise Killed

    run_id = taken(PRODUCTS)
    with pytest.raises(Killed):
        engine.execute(PRODUCTS, run_id, Execution(slice_seconds=None, watch=die))
    b2b.log.clear()
    assert run(run_id).status == "running"
    return run_id


def shift_lease() -> None:
    """The lease of the products' sync has expired."""
    shift(SyncState, "b2b.products", "lease_until", seconds=1)
