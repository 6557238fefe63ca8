"""Stock between two masters: what we sold, what the source says, what a person locked."""

import json

import pytest

import core.settings
from db.catalogue import stock
from db.models import ExternalProduct, Product
from db.session import writing
from syncs.sources.catalogue import PRODUCTS
from tests.syncs.rows import (
    change,
    change_link,
    count,
    dump,
    mismatches,
    movements,
    product,
    products,
    upstream,
)
from tests.syncs.running import counts, sync_now


def adjust(external_id: int, delta: int) -> None:
    """A person corrects the stock of a product here."""
    ident = product(external_id).id
    with writing() as session:
        stock.adjust(session, ident, delta, "inventaire")


def lock(external_id: int, *fields: str) -> None:
    """A person locks fields of a product."""
    change(Product, product(external_id).id, locked_fields=list(fields) or None)


@pytest.fixture
def mirroring(monkeypatch) -> None:
    """The source's stock is the truth."""
    monkeypatch.setenv("INVENTORY_STOCK_MODE", "mirror")
    core.settings.reset()


def test_what_moved_here_survives_an_unchanged_sync(b2b):
    sync_now(PRODUCTS)
    adjust(20, -3)

    done = sync_now(PRODUCTS)

    assert counts(done) == {"unchanged": 25}
    assert product(20).stock == 17
    assert mismatches() == []


def test_a_change_upstream_is_added_to_what_moved_here(b2b):
    sync_now(PRODUCTS)
    adjust(20, -3)
    b2b.catalogue.products.edit(20, stock=25)

    sync_now(PRODUCTS)

    assert product(20).stock == 22
    assert movements(20) == [("opening", 20, 20), ("adjustment", -3, 17), ("sync", 5, 22)]
    assert mismatches() == []


def test_another_change_upstream_leaves_the_stock_alone(b2b):
    sync_now(PRODUCTS)
    adjust(20, -3)
    b2b.catalogue.products.edit(20, price="99")

    sync_now(PRODUCTS)

    assert product(20).stock == 17


def test_a_stock_may_go_below_zero(b2b):
    sync_now(PRODUCTS)
    adjust(20, -15)
    b2b.catalogue.products.edit(20, stock=10)

    sync_now(PRODUCTS)

    assert product(20).stock == -5
    assert mismatches() == []


def test_a_mirror_sets_back_what_moved_here_as_a_movement(b2b, mirroring):
    sync_now(PRODUCTS)
    adjust(20, -3)

    done = sync_now(PRODUCTS)

    assert counts(done) == {"updated": 1, "unchanged": 24}
    assert movements(20) == [("opening", 20, 20), ("adjustment", -3, 17), ("sync", 3, 20)]
    assert mismatches() == []


def test_a_mirror_that_shows_the_truth_is_unchanged(b2b, mirroring):
    sync_now(PRODUCTS)
    before = dump(Product)

    assert counts(sync_now(PRODUCTS)) == {"unchanged": 25}
    assert dump(Product) == before


def test_a_mirror_takes_over_from_where_the_deltas_led(b2b, monkeypatch):
    sync_now(PRODUCTS)
    adjust(20, -3)
    monkeypatch.setenv("INVENTORY_STOCK_MODE", "mirror")
    core.settings.reset()

    sync_now(PRODUCTS)

    assert product(20).stock == 20


def test_a_mirror_leaves_a_locked_stock_and_counts_it_unchanged(b2b, mirroring):
    sync_now(PRODUCTS)
    adjust(20, -3)
    lock(20, "stock")

    assert counts(sync_now(PRODUCTS)) == {"unchanged": 25}
    assert product(20).stock == 17


@pytest.mark.parametrize(
    ("field", "sent", "column"),
    [
        ("title", {"name": "Autre"}, "title"),
        ("price", {"price": "99"}, "price"),
        ("sku", {"sku": "X"}, "sku"),
        ("stock", {"stock": 99}, "stock"),
        ("category_id", {"category_id": 3}, "category_id"),
    ],
)
def test_a_locked_field_is_not_overwritten(b2b, field, sent, column):
    sync_now(PRODUCTS)
    before = getattr(product(20), column)
    lock(20, field)
    b2b.catalogue.products.edit(20, **sent)

    done = sync_now(PRODUCTS)

    assert counts(done) == {"updated": 1, "unchanged": 24}
    assert getattr(product(20), column) == before
    assert mismatches() == []


def test_what_is_not_locked_is_written_beside_it(b2b):
    sync_now(PRODUCTS)
    lock(20, "title")
    b2b.catalogue.products.edit(20, name="Autre", price="99")

    sync_now(PRODUCTS)

    assert product(20).title != "Autre"
    assert str(product(20).price) == "99.0000"


def test_what_the_source_says_is_kept_beside_a_locked_field(b2b):
    sync_now(PRODUCTS)
    lock(20, "title", "price", "stock")
    b2b.catalogue.products.edit(20, name="Autre", price="99", stock=1)

    sync_now(PRODUCTS)

    says = upstream(20)
    assert says["upstream_title"] == "Autre"
    assert str(says["upstream_price"]) == "99.0000"
    assert says["upstream_stock"] == 1


def test_an_unlocked_field_is_written_by_the_next_run(b2b):
    sync_now(PRODUCTS)
    lock(20, "title")
    b2b.catalogue.products.edit(20, name="Autre")
    sync_now(PRODUCTS)
    lock(20)
    change_link(20, payload_hash=None)

    done = sync_now(PRODUCTS)

    assert counts(done) == {"updated": 1, "unchanged": 24}
    assert product(20).title == "Autre"


def test_a_locked_product_that_vanished_stays_on_sale(b2b):
    sync_now(PRODUCTS)
    lock(20, "active")
    b2b.catalogue.products.delete(20)

    sync_now(PRODUCTS)

    assert product(20).sync_status == "gone"
    assert product(20).active


def test_a_product_taken_off_sale_by_a_person_stays_so(b2b):
    sync_now(PRODUCTS)
    change(Product, product(20).id, active=False)
    b2b.catalogue.products.edit(20, price="99")

    sync_now(PRODUCTS)

    assert not product(20).active


@pytest.mark.parametrize(("was", "becomes"), [(1, True), (1, 1.0), (0, False), ([], {})])
def test_details_that_only_python_thinks_equal_are_written(b2b, was, becomes):
    b2b.catalogue.products.edit(20, bio=was)
    sync_now(PRODUCTS)
    b2b.catalogue.products.edit(20, bio=becomes)

    sync_now(PRODUCTS)

    kept = product(20).details["bio"]
    assert (kept, type(kept)) == (becomes, type(becomes))


def test_the_order_of_fields_makes_no_difference(b2b):
    sync_now(PRODUCTS)
    before = dump(Product)
    record = b2b.catalogue.products.get(20)
    b2b.catalogue.products.put_raw(20, json.dumps(dict(reversed(record.items()))))

    assert counts(sync_now(PRODUCTS)) == {"unchanged": 25}
    assert counts(sync_now(PRODUCTS)) == {"unchanged": 25}
    assert dump(Product) == before


def test_one_link_ties_one_product(b2b):
    sync_now(PRODUCTS)
    sync_now(PRODUCTS)

    assert count(ExternalProduct) == count(Product) == len(products()) == 25
