"""A dry run: it writes nothing at all, and says what the run would count."""

from collections.abc import Callable

import pytest

from db.catalogue import shops
from db.session import writing
from sandbox import b2b as inventory
from sandbox.faults import CountLie
from syncs.declaration import AnySync
from syncs.running.dry_run import compare
from syncs.sources.catalogue import CATEGORIES, PRODUCTS
from tests.syncs.rows import dump
from tests.syncs.running import counts, sync_now

Change = Callable[[inventory.B2B], object]


def everything(source: inventory.B2B) -> None:
    """One of each."""
    records = source.catalogue.products
    records.edit(1, price="99")
    records.edit(2, price="free")
    records.edit(3, description="Autre")
    records.edit(4, category_id=77)
    records.delete(5, 6)
    records.add(name="Attiéké")
    records.add(name="Bissap", price="free")
    records.add_raw(records.text(1), position=1)


def gone_and_back(source: inventory.B2B) -> None:
    """A tombstoned product returns, and another one goes."""
    text = source.catalogue.products.text(9)
    source.catalogue.products.delete(9)
    sync_now(PRODUCTS)
    source.catalogue.products.add_raw(text)
    source.catalogue.products.delete(10)


def shop(source: inventory.B2B) -> None:
    """A shop is added."""
    with writing() as session:
        shops.add(session, name="Boutique")


def placeholder(source: inventory.B2B) -> None:
    """A category is known from products only, comes in, and another one goes."""
    source.catalogue.products.edit(4, category_id=7)
    sync_now(PRODUCTS)
    source.catalogue.categories.add(name="Sel", parent_id=None)
    source.catalogue.categories.delete(6)


def nameless(source: inventory.B2B) -> None:
    """A record has no id, and another one is gone."""
    source.catalogue.products.put_raw(2, '{"name": "Riz"}')
    source.catalogue.products.delete(3)


def bad_and_gone(source: inventory.B2B) -> None:
    """A new record is bad, and another one is gone."""
    source.catalogue.products.add(price="free")
    source.catalogue.products.delete(3)


def emptied(source: inventory.B2B) -> None:
    """Nothing is left."""
    source.catalogue.products.delete(*source.catalogue.products)


def lying(source: inventory.B2B) -> None:
    """The source miscounts, and a record is gone."""
    source.faults.add(CountLie())
    source.catalogue.products.delete(3)


CHANGES: dict[str, tuple[AnySync, Change]] = {
    "nothing": (PRODUCTS, lambda source: None),
    "of each": (PRODUCTS, everything),
    "gone and back": (PRODUCTS, gone_and_back),
    "a shop": (PRODUCTS, shop),
    "a record without id": (PRODUCTS, nameless),
    "a new bad record and a deletion": (PRODUCTS, bad_and_gone),
    "an empty list": (PRODUCTS, emptied),
    "a count that lies": (PRODUCTS, lying),
    "categories": (CATEGORIES, lambda source: source.catalogue.categories.edit(3, name="Sel")),
    "a placeholder": (CATEGORIES, placeholder),
}


@pytest.mark.parametrize(("sync", "change"), CHANGES.values(), ids=CHANGES)
def test_a_dry_run_counts_what_the_run_then_does(b2b, sync, change):
    sync_now(CATEGORIES)
    sync_now(PRODUCTS)
    change(b2b)

    foreseen = compare(sync, {})
    done = sync_now(sync)

    assert counts(foreseen) == counts(done)
    assert (foreseen["status"], foreseen["total"]) == (done["status"], done["total"])
    assert foreseen["errors_list"] == done["errors_list"]


@pytest.mark.parametrize(("sync", "change"), CHANGES.values(), ids=CHANGES)
def test_a_dry_run_writes_nothing(b2b, sync, change):
    sync_now(CATEGORIES)
    sync_now(PRODUCTS)
    change(b2b)
    before = dump()

    compare(sync, {})

    assert dump() == before


def test_a_dry_run_of_an_empty_store_foresees_everything(b2b):
    before = dump()

    foreseen = compare(PRODUCTS, {})

    assert counts(foreseen) == {"created": 25}
    assert dump() == before
    assert (foreseen["run_id"], foreseen["dry_run"]) == (None, True)


def test_a_dry_run_of_one_site_foresees_no_deletion(b2b):
    sync_now(PRODUCTS)
    b2b.catalogue.products.delete(1, 2, 3)

    assert compare(PRODUCTS, {"site_id": 1})["deleted"] == 0


def test_the_first_differences_are_named(b2b):
    sync_now(PRODUCTS)
    b2b.catalogue.products.edit(7, price="99")
    new = b2b.catalogue.products.add(name="Attiéké")

    assert compare(PRODUCTS, {})["differences"] == [
        {"product_id": "7", "would": "update"},
        {"product_id": str(new), "would": "create"},
    ]


def test_no_more_than_twenty_differences_are_named(b2b):
    assert len(compare(PRODUCTS, {})["differences"]) == 20
