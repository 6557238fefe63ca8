"""Trees of categories, also those that no inventory should send."""

import time

from sandbox import hierarchies
from syncs.sources.catalogue import CATEGORIES, PRODUCTS
from tests.syncs.rows import category, mismatches, parents, product
from tests.syncs.running import counts, sync_now


def test_every_category_hangs_under_its_parent(b2b):
    sync_now(CATEGORIES)

    assert parents() == {"1": None, "2": "1", "3": "2", "4": "3", "5": "4", "6": "5"}


def test_children_may_come_before_their_parents(b2b):
    b2b.catalogue.categories.reverse()

    sync_now(CATEGORIES)

    assert parents() == {"1": None, "2": "1", "3": "2", "4": "3", "5": "4", "6": "5"}


def test_children_may_come_on_an_earlier_page_than_their_parents(b2b):
    b2b.catalogue.categories.reverse()
    b2b.categories.page_size = 2

    sync_now(CATEGORIES)

    assert parents() == {"1": None, "2": "1", "3": "2", "4": "3", "5": "4", "6": "5"}


def test_a_category_that_moves_hangs_under_its_new_parent(b2b):
    sync_now(CATEGORIES)
    b2b.catalogue.categories.edit(6, parent_id=1)

    done = sync_now(CATEGORIES)

    assert counts(done) == {"updated": 1, "unchanged": 5}
    assert parents()["6"] == "1"


def test_a_category_without_its_parent_any_more_is_a_root(b2b):
    sync_now(CATEGORIES)
    b2b.catalogue.categories.edit(6, parent_id=None)

    sync_now(CATEGORIES)

    assert parents()["6"] is None


def test_an_orphan_stands_at_the_root_with_a_warning(b2b):
    b2b.catalogue.categories.replace(hierarchies.orphans(1, first=3))

    done = sync_now(CATEGORIES)

    assert done["status"] == "succeeded"
    assert parents() == {"3": None}
    assert done["warnings"] == [
        "category 3: its parent 900000003 is not in the catalogue; put at the root"
    ]


def test_an_orphan_finds_its_parent_when_that_comes_later(b2b):
    b2b.catalogue.categories.replace([{"id": 2, "name": "Sel", "parent_id": 1}])
    sync_now(CATEGORIES)
    b2b.catalogue.categories.replace(hierarchies.chain(2))

    sync_now(CATEGORIES)

    assert parents()["2"] == "1"


def test_a_category_that_is_its_own_parent_is_a_root_with_a_warning(b2b):
    b2b.catalogue.categories.replace(hierarchies.cycle(1))

    done = sync_now(CATEGORIES)

    assert parents() == {"1": None}
    assert done["warnings"] == ["categories 1 are each other's parents; 1 put at the root"]


def test_a_cycle_is_opened_at_its_first_category_and_named(b2b):
    b2b.catalogue.categories.replace(hierarchies.cycle(3))

    done = sync_now(CATEGORIES)

    assert parents() == {"1": None, "2": "1", "3": "2"}
    [warning] = done["warnings"]
    assert "1 put at the root" in warning


def test_a_cycle_opened_once_stays_as_it_is(b2b):
    b2b.catalogue.categories.replace(hierarchies.cycle(3))
    sync_now(CATEGORIES)
    before = parents()

    done = sync_now(CATEGORIES)

    assert counts(done) == {"unchanged": 3}
    assert parents() == before


def test_a_chain_of_ten_thousand_is_no_more_than_a_list(b2b):
    b2b.catalogue.categories.replace(hierarchies.children_first(hierarchies.chain(10_000)))

    began = time.monotonic()
    done = sync_now(CATEGORIES)

    assert counts(done) == {"created": 10_000}
    assert parents()["10000"] == "9999"
    # A recursion or a query a category would take minutes.
    assert time.monotonic() - began < 30


def test_a_product_of_an_unknown_category_gets_a_placeholder_and_a_warning(b2b):
    b2b.catalogue.products.edit(7, category_id=77)

    done = sync_now(PRODUCTS)

    assert done["status"] == "succeeded"
    assert (
        "category 77 is not known yet: a placeholder waits for the next category run"
        in (done["warnings"])
    )
    assert category(77).sync_status == "placeholder"
    assert product(7).category_id == category(77).id


def test_a_placeholder_is_filled_by_the_next_category_run(b2b):
    sync_now(PRODUCTS)
    placeholder = category(3).id

    done = sync_now(CATEGORIES)

    assert counts(done) == {"updated": 6}
    assert (category(3).id, category(3).name) == (placeholder, "Rayon n° 3")
    assert category(3).sync_status == "synced"
    assert parents()["3"] == "2"


def test_filling_a_placeholder_changes_no_product(b2b):
    sync_now(PRODUCTS)
    sync_now(CATEGORIES)

    assert counts(sync_now(PRODUCTS)) == {"unchanged": 25}
    assert mismatches() == []


def test_a_placeholder_that_no_category_run_fills_is_not_deleted(b2b):
    b2b.catalogue.products.edit(7, category_id=77)
    sync_now(PRODUCTS)

    sync_now(CATEGORIES)
    done = sync_now(CATEGORIES)

    assert counts(done) == {"unchanged": 6}
    assert category(77).sync_status == "placeholder"


def test_a_product_that_changes_its_category_is_updated(b2b):
    sync_now(CATEGORIES)
    sync_now(PRODUCTS)
    b2b.catalogue.products.edit(7, category_id=5)

    assert counts(sync_now(PRODUCTS)) == {"updated": 1, "unchanged": 24}
    assert product(7).category_id == category(5).id
