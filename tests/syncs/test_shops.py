"""Which shop a product belongs to: its site's, else the run's, else the default one. What is in a
shop stays there until its record names another.
"""

import re
from dataclasses import replace
from typing import Any, cast

import pytest
from sqlalchemy import select, update

from db.catalogue import articles, shops
from db.catalogue.shops import Values
from db.models import Departure, ExternalProduct, Product
from db.session import reading, writing
from sandbox import b2b as inventory
from sandbox.faults import Fault
from sandbox.messages import Answer
from syncs.sources.catalogue import PRODUCTS
from tests.syncs.rows import mismatches, product, products
from tests.syncs.running import Statistics, counts, sync_now


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


def change_shop(shop_id: int, **values: Any) -> None:
    """Set what of a shop may be changed."""
    with writing() as session:
        shops.change(session, shop_id, cast("Values", values))


def of_sites(done: Statistics) -> list[str]:
    """What a run said of sites."""
    return [said for said in done["warnings"] if " site " in said]


def shop_of(*external_ids: int) -> set[int | None]:
    """The shops of these products."""
    found = products()
    return {found[str(n)].shop_id for n in external_ids}


def test_a_product_belongs_to_the_shop_of_its_site(sites):
    one, two = open_shop("1"), open_shop("2")

    sync_now(PRODUCTS)

    assert shop_of(1, 10) == {one}
    assert shop_of(11, 20) == {two}
    assert shop_of(21, 25) == {one}


def test_without_any_shop_products_are_listed_all_the_same(sites):
    done = sync_now(PRODUCTS)

    assert done["status"] == "succeeded"
    assert shop_of(1, 11, 21) == {None}


def test_a_product_without_a_site_belongs_to_the_default_shop(sites):
    open_shop("1")
    other = open_shop()
    change_shop(other, is_default=True)

    sync_now(PRODUCTS)

    assert shop_of(21, 25) == {other}
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

    assert counts(done) == {"updated": 25}
    assert shop_of(*range(1, 11)) == {one}
    assert shop_of(*range(11, 21)) == {two}
    assert mismatches() == []


def test_products_that_are_placed_are_unchanged(sites):
    open_shop("1")
    sync_now(PRODUCTS)

    assert counts(sync_now(PRODUCTS)) == {"unchanged": 25}


def test_a_product_moves_with_its_site(sites):
    one, two = open_shop("1"), open_shop("2")
    sync_now(PRODUCTS)
    sites.catalogue.products.edit(1, site_id=2)

    assert counts(sync_now(PRODUCTS)) == {"updated": 1, "unchanged": 24}
    assert shop_of(1) == {two}
    with reading() as session:
        left = session.scalars(select(Departure)).one()
        assert (left.product_id, left.shop_id) == (product(1).id, one)
        (heard,) = articles.page(session, one, since=left.at, after=left.product_id - 1, limit=1)
        assert (heard.id, heard.active) == (left.product_id, False)


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


@pytest.fixture
def placed(sites: inventory.B2B) -> tuple[int, int]:
    """Two shops with their products; those of no site are in the first."""
    one, two = open_shop("1"), open_shop("2")
    sync_now(PRODUCTS)
    return one, two


def test_a_record_that_names_no_site_any_more_leaves_its_product_where_it_is(sites, placed):
    for n in range(1, 26):
        sites.catalogue.products.edit(n, without=("site_id",))

    done = sync_now(PRODUCTS)

    one, two = placed
    assert shop_of(*range(1, 11)) == {one}
    assert shop_of(*range(11, 21)) == {two}
    assert of_sites(done) == []


def test_a_site_that_is_said_no_more_is_the_last_that_was(sites, placed):
    sites.catalogue.products.edit(11, site_id=9)
    sites.catalogue.products.add(name="Neuf", site_id=9)
    sync_now(PRODUCTS)
    sites.catalogue.products.edit(11, without=("site_id",))
    sites.catalogue.products.edit(26, without=("site_id",))

    done = sync_now(PRODUCTS)

    assert shop_of(11) == {placed[1]}
    assert shop_of(26) == {None}
    said = "No shop has site 9: of its products 1 stay in their shop and 1 are in none."
    assert of_sites(done) == [said]


@pytest.mark.parametrize("site", [9, "nulle part"])
def test_a_site_that_no_shop_has_leaves_products_where_they_are(sites, placed, site):
    for n in range(11, 14):
        sites.catalogue.products.edit(n, site_id=site)
    sites.catalogue.products.add(name="Neuf", site_id=site)

    done, again = sync_now(PRODUCTS), sync_now(PRODUCTS)

    _, two = placed
    assert shop_of(11, 12, 13) == {two}
    assert shop_of(26) == {None}
    said = f"No shop has site {site}: of its products 3 stay in their shop and 1 are in none."
    assert [of_sites(each) for each in (done, again)] == [[said], [said]]


def test_another_shop_without_a_site_takes_nothing_away(sites):
    one = open_shop()
    for n in range(1, 26):
        sites.catalogue.products.edit(n, without=("site_id",))
    sync_now(PRODUCTS)
    open_shop()

    done = sync_now(PRODUCTS)

    assert counts(done) == {"unchanged": 25}
    assert shop_of(*range(1, 26)) == {one}


def test_what_an_earlier_version_left_in_no_shop_is_placed_in_the_default_one(sites):
    one = open_shop("1")
    open_shop()
    sync_now(PRODUCTS)
    with writing() as session:
        session.execute(update(Product).values(shop_id=None))
        session.execute(update(ExternalProduct).values(payload_hash="1.earlier.letters"))

    sync_now(PRODUCTS)

    assert shop_of(*range(1, 11), *range(21, 26)) == {one}
    assert shop_of(11) == {None}


def test_a_run_of_a_site_changes_nothing_where_no_shop_has_one(sites):
    one = open_shop()
    for n in range(1, 26):
        sites.catalogue.products.edit(n, without=("site_id",))
    sync_now(PRODUCTS)
    for n in range(1, 11):
        sites.catalogue.products.edit(n, site_id=1)
    sites.faults.add(Silent())

    done = sync_now(PRODUCTS, site_id=1)

    assert of_sites(done) == []
    assert shop_of(*range(1, 26)) == {one}


@pytest.mark.parametrize("names_it", [True, False])
def test_a_run_of_a_site_places_new_products_in_the_default_shop_where_no_shop_has_one(
    sites, names_it
):
    one = open_shop()
    open_shop()
    if not names_it:
        sites.faults.add(Silent())

    done = sync_now(PRODUCTS, site_id=2)

    assert of_sites(done) == []
    assert shop_of(*range(11, 21)) == {one}


def test_a_shop_that_gets_its_site_later_gets_its_products(sites):
    one, two = open_shop("1"), open_shop()
    sync_now(PRODUCTS)
    assert shop_of(11) == {None}
    change_shop(two, site_id="2")

    sync_now(PRODUCTS)

    assert shop_of(*range(11, 21)) == {two}
    change_shop(two, site_id=None)
    sync_now(PRODUCTS)
    assert shop_of(*range(11, 21)) == {two}
    assert shop_of(21) == {one}


def test_products_of_a_shop_that_is_deactivated_stay_where_they_moved(sites, placed):
    one, two = placed
    with writing() as session:
        shops.deactivate(session, two, move_to=one)

    done = sync_now(PRODUCTS)

    assert counts(done) == {"unchanged": 25}
    assert shop_of(*range(1, 26)) == {one}
    said = "No shop has site 2: of its products 10 stay in their shop and 0 are in none."
    assert of_sites(done) == [said]
    with writing() as session:
        shops.restore(session, two)
    sync_now(PRODUCTS)
    assert shop_of(*range(11, 21)) == {two}
