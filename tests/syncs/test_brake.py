"""The brake: a run that would delete too much waits for a person."""

import pytest

import core.settings
from core.errors import RefusedError
from db.session import writing
from sandbox import b2b as inventory
from sandbox.faults import CountLie
from syncs.running import ending
from syncs.sources.catalogue import PRODUCTS
from tests.syncs.rows import living, mismatches, product, run
from tests.syncs.running import sync_now

EVERYTHING = set(range(1, 26))


@pytest.fixture
def shrunk(b2b: inventory.B2B) -> inventory.B2B:
    """25 products are known, and the source has lost six of them: 24 %."""
    sync_now(PRODUCTS)
    b2b.catalogue.products.delete(1, 2, 3, 4, 5, 6)
    return b2b


def approve(run_id: int) -> int:
    """Let the deletions of a run happen; how many there were."""
    with writing() as session:
        return ending.approve(session, PRODUCTS, run_id)[0]


def test_more_than_a_fifth_is_not_deleted(shrunk):
    done = sync_now(PRODUCTS)

    assert (done["status"], done["deleted"]) == ("needs_approval", 0)
    assert living() == EVERYTHING
    assert product(1).active


def test_the_warning_says_what_to_do(shrunk):
    done = sync_now(PRODUCTS)

    assert any("look at the source, then approve" in warning for warning in done["warnings"])


def test_exactly_a_fifth_is_deleted(b2b):
    sync_now(PRODUCTS)
    b2b.catalogue.products.delete(1, 2, 3, 4, 5)

    assert sync_now(PRODUCTS)["deleted"] == 5


def test_the_brake_is_a_setting(shrunk, monkeypatch):
    monkeypatch.setenv("SYNC_DELETE_BRAKE_PERCENT", "24")
    core.settings.reset()

    assert sync_now(PRODUCTS)["deleted"] == 6


def test_an_approved_run_deletes_what_it_found(shrunk):
    waiting = sync_now(PRODUCTS)["run_id"]

    assert approve(waiting) == 6

    assert living() == EVERYTHING - {1, 2, 3, 4, 5, 6}
    assert not product(1).active
    assert (run(waiting).status, run(waiting).counts["deleted"]) == ("succeeded", 6)
    assert mismatches() == []


def test_what_was_written_while_a_run_waited_is_not_deleted(shrunk):
    waiting = sync_now(PRODUCTS)["run_id"]
    shrunk.catalogue.products.add_raw('{"id": 1, "name": "Riz", "price": 1}')
    sync_now(PRODUCTS, site_id=1)
    shrunk.faults.add(CountLie())
    sync_now(PRODUCTS)

    assert approve(waiting) == 5
    assert 1 in living()


def test_a_newer_complete_run_supersedes_one_that_waits(shrunk):
    older = sync_now(PRODUCTS)["run_id"]
    newer = sync_now(PRODUCTS)["run_id"]

    assert (run(older).status, run(newer).status) == ("superseded", "needs_approval")
    with pytest.raises(RefusedError, match="only needs_approval"):
        approve(older)


def test_an_incomplete_run_leaves_the_older_one_waiting(shrunk):
    waiting = sync_now(PRODUCTS)["run_id"]
    shrunk.faults.add(CountLie())

    sync_now(PRODUCTS)

    assert run(waiting).status == "needs_approval"


def test_a_run_of_one_site_leaves_the_older_one_waiting(shrunk):
    waiting = sync_now(PRODUCTS)["run_id"]

    sync_now(PRODUCTS, site_id=1)

    assert run(waiting).status == "needs_approval"


def test_a_source_that_is_whole_again_needs_no_approval(shrunk):
    waiting = sync_now(PRODUCTS)["run_id"]
    for n in range(1, 7):
        shrunk.catalogue.products.add_raw(f'{{"id": {n}, "name": "Riz", "price": 1}}')

    done = sync_now(PRODUCTS)

    assert done["status"] == "succeeded"
    assert run(waiting).status == "superseded"
    assert living() == EVERYTHING


def test_a_run_is_approved_once(shrunk):
    waiting = sync_now(PRODUCTS)["run_id"]
    approve(waiting)

    with pytest.raises(RefusedError, match="only needs_approval"):
        approve(waiting)
