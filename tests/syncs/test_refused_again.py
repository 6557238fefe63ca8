"""Records that come well and badly: counted once, and shown as what they are."""

import pytest
from sqlalchemy import select

from db.models import ExternalCategory, ExternalProduct
from db.session import reading
from syncs.sources.catalogue import CATEGORIES, PRODUCTS
from tests.syncs.rows import mismatches, product, products, rejects, run
from tests.syncs.running import counts, sync_now

BAD = '{"id": 7, "name": "Riz", "price": "free"}'
WORSE = '{"id": 7, "name": "", "price": 3}'
GOOD = '{"id": 7, "name": "Dernier", "price": 3}'


def link(external_id: int) -> ExternalProduct:
    """The link of a product."""
    query = select(ExternalProduct).where(ExternalProduct.external_id == str(external_id))
    with reading() as session:
        return session.scalars(query).one()


def adds_up(run_id: int) -> bool:
    """Whether the run counted each payload it fetched once."""
    counted = run(run_id).counts
    kinds = ("created", "updated", "unchanged", "rejected", "duplicate")
    return bool(sum(counted[kind] for kind in kinds) == counted["fetched"])


@pytest.fixture
def refused(b2b):
    """Product 7 is known, and its newest payload was refused."""
    sync_now(PRODUCTS)
    before = b2b.catalogue.products.text(7)
    b2b.catalogue.products.put_raw(7, BAD)
    sync_now(PRODUCTS)
    return before


def test_a_known_record_shows_that_it_was_refused(b2b, refused):
    found = link(7)

    assert (found.sync_status, found.seen_run) == ("error", 2)
    assert found.error == rejects()[0].message
    assert found.last_synced_at == link(8).last_synced_at
    assert link(8).sync_status == "synced"


@pytest.mark.parametrize("good", [None, GOOD], ids=["as before", "changed"])
def test_a_good_sight_clears_the_error(b2b, refused, good):
    b2b.catalogue.products.put_raw(7, good or refused)

    sync_now(PRODUCTS)

    assert (link(7).sync_status, link(7).error) == ("synced", None)


def test_an_error_that_lasts_is_noted_by_every_run(b2b, refused):
    b2b.catalogue.products.put_raw(7, WORSE)

    sync_now(PRODUCTS)

    assert (link(7).sync_status, link(7).error) == ("error", "name: is empty.")


def test_a_refused_product_that_vanishes_is_gone(b2b, refused):
    b2b.catalogue.products.delete(7)

    assert sync_now(PRODUCTS)["deleted"] == 1
    assert link(7).sync_status == "gone"


def test_a_refused_tombstone_stays_one(b2b):
    sync_now(PRODUCTS)
    b2b.catalogue.products.delete(25)
    sync_now(PRODUCTS)
    b2b.catalogue.products.add_raw('{"id": 25, "name": ""}')

    sync_now(PRODUCTS)

    assert (link(25).sync_status, link(25).error) == ("gone", "name: is empty.")


def test_a_refused_placeholder_stays_one(b2b):
    b2b.catalogue.products.edit(1, category_id=3)
    sync_now(PRODUCTS)
    b2b.catalogue.categories.edit(3, without=("name",))

    sync_now(CATEGORIES)

    query = select(ExternalCategory).where(ExternalCategory.external_id == "3")
    with reading() as session:
        found = session.scalars(query).one()
    assert (found.sync_status, found.seen_run) == ("placeholder", None)
    assert found.error == "name: is missing."


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("position", [6, 7], ids=["bad first", "good first"])
def test_of_a_page_with_a_good_and_a_bad_payload_the_good_one_counts(b2b, known, position):
    if known:
        sync_now(PRODUCTS)
    b2b.catalogue.products.add_raw(BAD, position=position)

    done = sync_now(PRODUCTS)

    assert counts(done) == {"unchanged" if known else "created": 25, "duplicates": 1}
    assert (done["errors_list"], rejects()) == ([], [])
    assert (link(7).sync_status, adds_up(done["run_id"])) == ("synced", True)


def test_a_good_payload_on_the_page_closes_an_older_reject(b2b, refused):
    b2b.catalogue.products.add_raw(GOOD, position=6)

    done = sync_now(PRODUCTS)

    assert (rejects(), link(7).sync_status) == ([], "synced")
    assert adds_up(done["run_id"])


@pytest.mark.parametrize("known", [True, False])
def test_a_record_met_well_on_an_earlier_page_is_not_refused_later(b2b, known):
    if known:
        sync_now(PRODUCTS)
    b2b.catalogue.products.add_raw(BAD, position=15)

    done = sync_now(PRODUCTS)

    assert counts(done) == {"unchanged" if known else "created": 25, "duplicates": 1}
    assert (done["errors_list"], rejects(), link(7).error) == ([], [], None)
    assert adds_up(done["run_id"])


@pytest.mark.parametrize("again", [BAD, WORSE], ids=["same reason", "another reason"])
@pytest.mark.parametrize("position", [8, 15], ids=["within a page", "across pages"])
@pytest.mark.parametrize("known", [True, False])
def test_a_record_refused_twice_is_one_error(b2b, again, position, known):
    if known:
        sync_now(PRODUCTS)
    b2b.catalogue.products.put_raw(7, BAD)
    b2b.catalogue.products.add_raw(again, position=position)

    done = sync_now(PRODUCTS)

    assert counts(done) == {"unchanged" if known else "created": 24, "errors": 1, "duplicates": 1}
    assert adds_up(done["run_id"])


@pytest.mark.parametrize("good", [None, GOOD], ids=["as before", "changed"])
def test_a_record_refused_first_and_met_well_later_is_written(b2b, good):
    sync_now(PRODUCTS)
    before = b2b.catalogue.products.text(7)
    b2b.catalogue.products.put_raw(7, BAD)
    b2b.catalogue.products.add_raw(good or before, position=15)

    done = sync_now(PRODUCTS)

    assert (rejects(), link(7).sync_status, link(7).error) == ([], "synced", None)
    assert counts(done) == {"unchanged": 24, "errors": 1, "duplicates": 1}
    assert str(product(7).price) == ("3.0000" if good else "7.5000")
    assert adds_up(done["run_id"])
    assert len(products()) == 25
    assert mismatches() == []
