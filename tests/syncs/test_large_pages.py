"""Pages that are larger than anybody meant them to be."""

import resource

import pytest

from connectors.errors import TooLargeError
from db.models import ExternalCategory
from sandbox.faults import Huge
from syncs.sources.catalogue import CATEGORIES, PRODUCTS
from tests.syncs.rows import count, products, run
from tests.syncs.running import counts, sync_now


def peak_mebibytes() -> float:
    """The most memory this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_a_page_of_50_mb_ends_the_run_with_a_clear_message_and_flat_memory(b2b):
    b2b.faults.add(Huge(page=2))
    before = peak_mebibytes()

    with pytest.raises(TooLargeError, match="the answer is over 10485760 bytes"):
        sync_now(PRODUCTS)

    assert peak_mebibytes() - before < 100
    assert len(products()) == 10


def test_a_run_goes_on_from_the_page_that_was_too_large(b2b):
    huge = Huge(page=2)
    b2b.faults.add(huge)
    with pytest.raises(TooLargeError):
        sync_now(PRODUCTS)
    b2b.faults.remove(huge)
    b2b.log.clear()

    done = sync_now(PRODUCTS, resume=True)

    assert (done["status"], counts(done)) == ("succeeded", {"created": 25})
    assert b2b.log.requested_pages("products") == [2, 3]


def test_the_run_says_why_it_failed(b2b):
    b2b.faults.add(Huge(page=2))

    with pytest.raises(TooLargeError) as told:
        sync_now(PRODUCTS)

    failed = run(1)
    assert failed.status == "failed"
    assert failed.error == str(told.value)
    assert failed.errors[-1]["code"] == "TOO_LARGE"


def test_one_page_may_hold_every_category_there_is(b2b):
    b2b.catalogue.categories.replace({"id": n, "name": "a"} for n in range(1, 20_001))

    assert counts(sync_now(CATEGORIES)) == {"created": 20_000}
    assert count(ExternalCategory) == 20_000


def test_one_page_may_hold_more_bad_records_than_a_statement_has_parameters(b2b):
    b2b.catalogue.categories.replace({"id": n} for n in range(1, 8_001))

    assert counts(sync_now(CATEGORIES)) == {"errors": 8_000}
