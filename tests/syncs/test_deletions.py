"""What the source no longer has: two walks find it, and nothing else."""

import pytest

import core.settings
from connectors.errors import ForbiddenError
from sandbox.faults import CountLie, Status
from syncs.sources.catalogue import CATEGORIES, PRODUCTS
from tests.syncs.rows import category, living, mismatches, movements, product, state
from tests.syncs.running import counts, sync_now


def test_a_deleted_product_is_tombstoned_with_its_values(b2b):
    sync_now(PRODUCTS)
    before = product(8)
    b2b.catalogue.products.delete(8)

    done = sync_now(PRODUCTS)

    assert (done["status"], counts(done)) == ("succeeded", {"unchanged": 24, "deleted": 1})
    gone = product(8)
    assert gone.gone_at is not None
    assert (gone.sync_status, gone.active) == ("gone", False)
    assert (gone.title, gone.price, gone.stock) == (before.title, before.price, before.stock)
    assert mismatches() == []


def test_a_deleted_category_is_tombstoned(b2b):
    sync_now(CATEGORIES)
    b2b.catalogue.categories.delete(6)

    assert counts(sync_now(CATEGORIES)) == {"unchanged": 5, "deleted": 1}
    assert category(6).sync_status == "gone"


def test_a_tombstone_is_counted_once(b2b):
    sync_now(PRODUCTS)
    b2b.catalogue.products.delete(8)
    sync_now(PRODUCTS)

    assert counts(sync_now(PRODUCTS)) == {"unchanged": 24}


def test_a_product_that_returns_lives_again(b2b):
    sync_now(PRODUCTS)
    before = b2b.catalogue.products.text(8)
    b2b.catalogue.products.delete(8)
    sync_now(PRODUCTS)
    b2b.catalogue.products.add_raw(before)

    done = sync_now(PRODUCTS)

    assert counts(done) == {"updated": 1, "unchanged": 24}
    back = product(8)
    assert (back.gone_at, back.sync_status, back.active) == (None, "synced", True)
    assert movements(8) == [("opening", 8, 8)]


def test_a_product_that_returns_with_another_stock_moves_by_the_difference(b2b):
    sync_now(PRODUCTS)
    b2b.catalogue.products.delete(8)
    sync_now(PRODUCTS)
    b2b.catalogue.products.add_raw('{"id": 8, "name": "Mil", "price": 2, "stock": 3}')

    sync_now(PRODUCTS)

    assert movements(8) == [("opening", 8, 8), ("sync", -5, 3)]
    assert (product(8).title, product(8).stock) == ("Mil", 3)
    assert mismatches() == []


def test_an_empty_first_page_tombstones_nothing_even_without_a_brake(b2b, monkeypatch):
    monkeypatch.setenv("SYNC_DELETE_BRAKE_PERCENT", "100")
    core.settings.reset()
    sync_now(PRODUCTS)
    b2b.catalogue.products.delete(*b2b.catalogue.products)

    done = sync_now(PRODUCTS)

    assert (done["total"], done["deleted"]) == (0, 0)
    assert living() == set(range(1, 26))


def test_a_run_that_was_cut_short_deletes_nothing(b2b):
    sync_now(PRODUCTS)
    b2b.catalogue.products.delete(8)
    b2b.faults.add(Status(status=403, page=3))

    with pytest.raises(ForbiddenError):
        sync_now(PRODUCTS)

    assert living() == set(range(1, 26))


@pytest.mark.parametrize("last_only", [False, True])
@pytest.mark.parametrize("offset", [-1, 7])
def test_a_count_that_lies_makes_the_run_partial_and_deletes_nothing(b2b, offset, last_only):
    sync_now(PRODUCTS)
    b2b.catalogue.products.delete(8)
    b2b.faults.add(CountLie(offset=offset, last_only=last_only))
    b2b.log.clear()

    done = sync_now(PRODUCTS)

    assert (done["status"], done["deleted"]) == ("partial", 0)
    assert living() == set(range(1, 26))
    assert any("its count is wrong" in warning for warning in done["warnings"])
    assert b2b.log.requested_pages("products") == [1, 2, 3]


def test_a_run_of_one_site_deletes_nothing(b2b):
    for n in range(1, 26):
        b2b.catalogue.products.edit(n, site_id=n % 2)
    sync_now(PRODUCTS)
    b2b.catalogue.products.delete(1, 2)

    done = sync_now(PRODUCTS, site_id=1)

    assert (done["status"], done["total"], done["deleted"]) == ("succeeded", 12, 0)
    assert living() == set(range(1, 26))


def test_a_run_of_one_site_refreshes_nothing(b2b):
    sync_now(PRODUCTS, site_id=1)

    assert state("b2b.products").last_success_at is None


def test_tombstones_of_one_sync_leave_the_other_alone(b2b):
    sync_now(CATEGORIES)
    sync_now(PRODUCTS)
    b2b.catalogue.products.delete(8)

    sync_now(PRODUCTS)

    assert counts(sync_now(CATEGORIES)) == {"unchanged": 6}
