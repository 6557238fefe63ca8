"""No category and no parent, as sources write it: 0, "0", empty, false, null."""

import pytest

from sandbox import b2b as inventory
from syncs.sources.catalogue import CATEGORIES, PRODUCTS
from tests.syncs.rows import category, parents, product, products
from tests.syncs.running import counts, sync_now

NONE = pytest.mark.parametrize("none", [0, "0", "", "  ", False, None], ids=repr)


@NONE
def test_a_category_without_a_parent_is_at_the_root(b2b, none):
    b2b.catalogue.categories.edit(3, parent_id=none)

    first, again = sync_now(CATEGORIES), sync_now(CATEGORIES)

    assert parents()["3"] is None
    for done in (first, again):
        assert (done["status"], done["errors"], done["warnings"]) == ("succeeded", 0, [])


@NONE
def test_a_product_without_a_category_has_none(b2b, none):
    sync_now(CATEGORIES)
    sync_now(PRODUCTS)
    b2b.catalogue.products.edit(7, category_id=none)

    done = sync_now(PRODUCTS)

    assert (done["status"], done["errors"]) == ("succeeded", 0)
    assert not any("category" in warning for warning in done["warnings"])
    assert product(7).category_id is None
    assert set(parents()) == {"1", "2", "3", "4", "5", "6"}


@pytest.mark.parametrize("none", ["", False], ids=repr)
@pytest.mark.parametrize("field", ["sku", "barcode", "site_id"])
def test_other_empty_references_refuse_no_product(b2b, field, none):
    b2b.catalogue.products.edit(7, **{field: none})

    assert sync_now(PRODUCTS)["errors"] == 0


@pytest.fixture
def with_zero(b2b: inventory.B2B) -> inventory.B2B:
    """A source that really has a category 0, and products and a category in it."""
    b2b.catalogue.categories.add_raw('{"id": 0, "name": "Divers", "parent_id": null}')
    b2b.catalogue.categories.edit(3, parent_id=0)
    b2b.catalogue.products.edit(7, category_id="0")
    return b2b


def test_a_category_whose_id_is_0_is_one_where_the_source_has_it(with_zero):
    sync_now(CATEGORIES)
    sync_now(PRODUCTS)

    assert category(0).name == "Divers"
    assert product(7).category_id == category(0).id
    assert parents()["3"] == "0"


def test_a_category_0_that_comes_after_its_products_gets_them(with_zero):
    sync_now(PRODUCTS)
    assert product(7).category_id is None
    sync_now(CATEGORIES)

    done = sync_now(PRODUCTS)

    assert counts(done) == {"updated": 1, "unchanged": 24}
    assert product(7).category_id == category(0).id
    assert {row.external_id for row in products().values() if row.category_id is None} == set()
