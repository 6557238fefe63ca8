"""Which shop a product belongs to: its site's, else the run's site's, else the only one."""

import re
from dataclasses import replace

import pytest

from db.catalogue import shops
from db.session import writing
from sandbox import b2b as inventory
from sandbox.faults import Fault
from sandbox.messages import Answer
from syncs.sources.catalogue import PRODUCTS
from tests.syncs.rows import mismatches, products
from tests.syncs.running import counts, sync_now


@pytest.fixture
def sites(b2b: inventory.B2B) -> inventory.B2B:
    """Products 1 to 10 are of site 1, 11 to 20 of site 2, and the others of none."""
    for n in range(1, 26):
        if n > 20:
            b2b.catalogue.products.edit(n, without=("site_id",))
        else:
            b2b.catalogue.products.edit(n, site_id=1 if n <= 10 else 2)
    return b2b


def open_shop(site: str | None = None) -> int:
    """A new shop; its id."""
    with writing() as session:
        return shops.add(session, name=f"Boutique {site}", site_id=site).id


def shop_of(*external_ids: int) -> set[int | None]:
    """The shops of these products."""
    found = products()
    return {found[str(n)].shop_id for n in external_ids}


def test_a_product_belongs_to_the_shop_of_its_site(sites):
    one, two = open_shop("1"), open_shop("2")

    sync_now(PRODUCTS)

    assert shop_of(1, 10) == {one}
    assert shop_of(11, 20) == {two}
    assert shop_of(21, 25) == {None}


def test_without_any_shop_products_are_listed_all_the_same(sites):
    done = sync_now(PRODUCTS)

    assert done["status"] == "succeeded"
    assert shop_of(1, 11, 21) == {None}


def test_a_product_without_a_site_belongs_to_the_only_shop(sites):
    only = open_shop("1")

    sync_now(PRODUCTS)

    assert shop_of(21, 25) == {only}
    assert shop_of(11) == {None}


def test_a_shop_without_a_site_takes_what_has_none(sites):
    only = open_shop()

    sync_now(PRODUCTS)

    assert shop_of(21) == {only}
    assert shop_of(1, 11) == {None}


def test_a_shop_added_later_gets_its_products(sites):
    sync_now(PRODUCTS)
    two = open_shop("2")
    one = open_shop("1")

    done = sync_now(PRODUCTS)

    assert counts(done) == {"updated": 20, "unchanged": 5}
    assert shop_of(*range(1, 11)) == {one}
    assert shop_of(*range(11, 21)) == {two}
    assert mismatches() == []


def test_products_that_are_placed_are_unchanged(sites):
    open_shop("1")
    sync_now(PRODUCTS)

    assert counts(sync_now(PRODUCTS)) == {"unchanged": 25}


def test_a_product_moves_with_its_site(sites):
    open_shop("1")
    two = open_shop("2")
    sync_now(PRODUCTS)
    sites.catalogue.products.edit(1, site_id=2)

    assert counts(sync_now(PRODUCTS)) == {"updated": 1, "unchanged": 24}
    assert shop_of(1) == {two}


class Silent(Fault):
    """A source that sends what was asked for, and leaves away the site that was asked for."""

    def on_answer(self, answer: Answer) -> Answer:
        return replace(answer, body=re.sub(rb'"site_id":\s*\d+', b'"aisle":1', bytes(answer.body)))


def test_in_a_run_of_one_site_what_names_none_is_of_that_site(sites):
    open_shop("1")
    two = open_shop("2")
    sites.faults.add(Silent())

    sync_now(PRODUCTS, site_id=2)

    assert set(products()) == {str(n) for n in range(11, 21)}
    assert shop_of(*range(11, 21)) == {two}
