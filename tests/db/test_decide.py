"""What a page does, decided from values: no store, no clock, no network."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from db.catalogue.context import CatalogueContext
from db.catalogue.products import PRODUCTS, owners
from db.catalogue.sites import Sites
from db.models import Shop
from db.records.decide import decide
from db.records.kind import Kind
from db.records.merge import Owner
from db.records.plan import Change, Context, Known, Plan, Row, Stored
from db.template.kinds import ORDERS, PAINTINGS

NOW = datetime(2026, 11, 29, tzinfo=UTC)
CONTEXT = Context(source="template", run_id=7, now=NOW)
LINK = Known("1", 10, 10, "1..old", seen_run=6, gone=False)


def painting(name: str, key: str = "1") -> Row:
    """A painting with a name and nothing else."""
    values = dict.fromkeys(PAINTINGS.columns) | {"name": name, "extra": "{}"}
    return Row(key, values, hash="1..new")


def order(status: str, *items: str) -> Row:
    """An order with items by their names."""
    values = {"status": status, "total": None, "ordered_at": None, "extra": "{}"}
    return Row("1", values, {"items": [{"name": name} for name in items]}, hash="1..new")


def plan(kind: Kind[Context], *rows: Row, link: Known = LINK, says: Row | None = None) -> Plan:
    """What ``rows`` do to a store that knows the record 1, which says so."""
    stored = {10: Stored(kind.says(says or rows[0]))}
    return decide(kind, rows, {"1": link}, stored, CONTEXT)


def test_a_record_without_a_link_is_new():
    found = plan(PAINTINGS, painting("Lune", key="2"))

    assert [row.external_id for row in found.created] == ["2"]
    assert found.counts() == {
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "deleted": 0,
        "duplicate": 0,
    }


def test_equal_values_are_unchanged_and_get_the_new_hash():
    found = plan(PAINTINGS, painting("Lune"))

    assert (found.unchanged, [c.row.hash for c in found.resent]) == ([LINK], ["1..new"])
    assert found.updated == []


def test_another_value_is_a_change():
    found = plan(PAINTINGS, painting("Lune"), says=painting("Soleil"))

    assert [change.row.values["name"] for change in found.updated] == ["Lune"]
    assert (found.unchanged, found.resent) == ([], [])


@pytest.mark.parametrize(
    "link",
    [LINK._replace(gone=True), LINK._replace(hash=None), LINK._replace(hash="0..old")],
    ids=["tombstone", "asked for", "other code"],
)
def test_equal_values_are_written_all_the_same(link):
    assert len(plan(PAINTINGS, painting("Lune"), link=link).updated) == 1


def test_of_one_key_twice_the_last_counts():
    found = plan(PAINTINGS, painting("Lune"), painting("Mer"), says=painting("Soleil"))

    assert [change.row.values["name"] for change in found.updated] == ["Mer"]
    assert found.counts()["duplicate"] == 1


def test_what_this_run_met_before_is_written_and_not_counted_again():
    met = LINK._replace(seen_run=7)

    found = plan(PAINTINGS, painting("Lune"), link=met, says=painting("Soleil"))

    assert found.counts() == {
        "created": 0,
        "updated": 0,
        "unchanged": 0,
        "deleted": 0,
        "duplicate": 1,
    }
    assert len(found.updated) == 1


def test_another_item_is_a_change_of_its_record():
    overwritten = replace(ORDERS, change=PAINTINGS.change)

    found = plan(overwritten, order("payée", "Lune", "Mer"), says=order("payée", "Lune"))

    assert len(found.updated) == 1


def test_where_the_first_is_kept_a_change_is_a_drift():
    found = plan(ORDERS, order("payée", "Mer"), says=order("payée", "Lune"))

    assert (found.updated, found.unchanged) == ([], [LINK])
    assert len(found.drifted) == len(found.warnings) == 1


def test_where_the_first_is_kept_it_is_the_first_of_one_page_too():
    rows = [order("payée"), order("remboursée")]

    found = decide(ORDERS, rows, {}, {}, CONTEXT)

    assert [row.values["status"] for row in found.created] == ["payée"]
    assert [change.row.values["status"] for change in found.drifted] == ["remboursée"]
    assert found.counts()["duplicate"] == 1


def owned(
    *locked: str, gone: bool = False, mirrors_stock: bool = False, site: str | None = "2"
) -> dict[str, Owner]:
    """Who decides the fields of a product in shop 1, of which some are locked; its record names
    the site of shop 2.
    """
    sites = Sites([Shop(id=n, site_id=str(n), active=True, is_default=False) for n in (1, 2)])
    context = CatalogueContext(
        source="b2b", run_id=7, now=NOW, sites=sites, mirrors_stock=mirrors_stock
    )
    ours = {"locked_fields": locked or None, "shop_id": 1}
    change = Change(Row("1", {"site": site}), LINK._replace(gone=gone), Stored(()))
    return dict(owners(ours, change, context))


def test_of_a_product_the_source_decides_but_for_stock_and_sale():
    assert {name for name, owner in owned().items() if owner is not Owner.THEIRS} == {
        "stock",
        "active",
    }
    assert owned()["stock"] is Owner.SUM


@pytest.mark.parametrize("site", [None, "9"])
def test_a_record_that_names_no_shop_changes_none(site):
    assert owned(site=site)["shop_id"] is Owner.OURS
    assert owned(site="2")["shop_id"] is Owner.THEIRS


def test_a_locked_field_is_ours_whatever_else_holds():
    found = owned("title", "stock", "active", gone=True, mirrors_stock=True)

    assert [found[name] for name in ("title", "stock", "active")] == [Owner.OURS] * 3
    assert found["price"] is Owner.THEIRS


def test_a_product_that_comes_back_is_on_sale_again():
    assert owned()["active"] is Owner.OURS
    assert owned(gone=True)["active"] is Owner.THEIRS
    assert PRODUCTS.ours is not None
    assert PRODUCTS.ours.begins == {"active": True}
