"""A field that the last complete run met, and no record of this one has: partial, by name."""

import pytest

from core.errors import RefusedError
from db.models import SyncRun, SyncState
from db.session import writing
from sandbox.faults import Status
from syncs import engine
from syncs.acts import runs as acts
from syncs.acts.by import By
from syncs.running import dry_run
from syncs.running.walk import Execution
from syncs.sources.catalogue import CATEGORIES, PRODUCTS
from tests.syncs import rows
from tests.syncs.running import BY_HAND, Statistics, counts, sync_now, taken
from tests.syncs.template.exported import resource

STOCK = (
    "No record has stock, which the last complete run met: what is known of it stays as it is. "
    "Look at the source; if it is meant so, approve the run."
)
NOBODY = By("a test")


def strip(records, *names: str, keep: int | None = None) -> None:
    """Serve the records without these fields, but for one of them."""
    for key in records:
        if key != keep:
            records.edit(key, without=names)


def nulls(records, name: str) -> None:
    """Serve the records with null for a field."""
    for key in records:
        records.edit(key, **{name: None})


def rename(records, name: str, other: str) -> None:
    """Serve the records with a field under another name."""
    for key in records:
        records.edit(key, without=(name,), **{other: records.get(key)[name]})


def lost(done: Statistics) -> list[str]:
    """What a run said of fields."""
    return [warning for warning in done["warnings"] if warning.startswith("No record has")]


@pytest.fixture
def known(b2b):
    """The source, of which a complete run has met everything."""
    assert sync_now(PRODUCTS)["status"] == "succeeded"
    return b2b


@pytest.mark.parametrize("how", ["absent", "null", "renamed"])
def test_a_run_says_which_field_no_record_has_any_more(known, how):
    records = known.catalogue.products
    {
        "absent": lambda: strip(records, "stock"),
        "null": lambda: nulls(records, "stock"),
        "renamed": lambda: rename(records, "stock", "quantity"),
    }[how]()

    foreseen = dry_run.compare(PRODUCTS, {})
    done = sync_now(PRODUCTS)

    assert (done["status"], done["warnings"][:1]) == ("partial", [STOCK])
    assert (foreseen["status"], foreseen["warnings"][:1]) == ("partial", [STOCK])
    assert [row.stock for row in rows.products().values()] == list(range(1, 26))


@pytest.mark.parametrize(
    "field", ["name", "price", "stock", "sku", "barcode", "category_id", "site_id"]
)
def test_every_field_with_a_column_is_missed(known, field):
    strip(known.catalogue.products, field)

    done = sync_now(PRODUCTS)

    assert done["status"] == "partial"
    assert f"No record has {field}," in done["warnings"][0]


def test_one_record_that_has_it_is_enough(known):
    strip(known.catalogue.products, "stock", keep=25)

    assert sync_now(PRODUCTS)["status"] == "succeeded"


def test_null_for_what_may_be_none_is_said(known):
    nulls(known.catalogue.products, "barcode")

    assert sync_now(PRODUCTS)["status"] == "succeeded"


def test_a_field_that_never_came_is_not_missed(b2b):
    strip(b2b.catalogue.products, "stock")

    assert sync_now(PRODUCTS)["status"] == "succeeded"
    assert sync_now(PRODUCTS)["status"] == "succeeded"


def test_it_is_missed_until_it_is_back(known):
    before = {key: known.catalogue.products.get(key)["stock"] for key in known.catalogue.products}
    strip(known.catalogue.products, "stock")
    assert [sync_now(PRODUCTS)["status"] for _ in range(3)] == ["partial"] * 3
    for key, value in before.items():
        known.catalogue.products.edit(key, stock=value)

    done = sync_now(PRODUCTS)

    assert (done["status"], lost(done)) == ("succeeded", [])
    assert [row.stock for row in rows.products().values()] == list(range(1, 26))


def test_a_person_may_say_that_it_is_meant_so(known):
    strip(known.catalogue.products, "barcode")
    run_id = sync_now(PRODUCTS)["run_id"]

    approved = acts.approve(run_id, by=NOBODY)

    assert (approved.deleted, approved.fields) == (0, ["barcode"])
    with pytest.raises(RefusedError, match="lost no field"):
        acts.approve(run_id, by=NOBODY)
    assert sync_now(PRODUCTS)["status"] == "succeeded"


def test_a_run_that_is_partial_for_another_reason_has_nothing_to_approve(known):
    known.catalogue.products.edit(7, price="free")
    run_id = sync_now(PRODUCTS)["run_id"]

    with pytest.raises(RefusedError, match="lost no field"):
        acts.approve(run_id, by=NOBODY)


def test_an_empty_answer_says_nothing_of_fields(known):
    known.catalogue.products.replace([])

    done = sync_now(PRODUCTS)

    assert done["status"] == "partial"
    assert lost(done) == []
    assert set(rows.state(PRODUCTS.name).fields) >= {"stock", "price"}


def test_a_run_of_one_site_is_not_complete(known):
    for key in known.catalogue.products:
        known.catalogue.products.edit(key, site_id=1)
    strip(known.catalogue.products, "stock")

    assert sync_now(PRODUCTS, site_id=1)["status"] == "succeeded"
    assert sync_now(PRODUCTS)["status"] == "partial"


def test_what_a_run_of_one_site_meets_is_not_expected_of_others(b2b):
    strip(b2b.catalogue.products, "barcode")
    for key in b2b.catalogue.products:
        b2b.catalogue.products.edit(key, site_id=1)
    sync_now(PRODUCTS)
    b2b.catalogue.products.edit(1, barcode="376")
    sync_now(PRODUCTS, site_id=1)
    b2b.catalogue.products.edit(1, without=("barcode",))

    assert sync_now(PRODUCTS)["status"] == "succeeded"


@pytest.mark.parametrize("resumed", [True, False])
def test_the_pages_of_a_run_add_up_also_when_it_is_resumed(known, resumed):
    strip(known.catalogue.products, "stock", keep=3)
    if resumed:
        known.faults.add(Status(status=501, page=2, times=1))
        with pytest.raises(Exception, match="501"):
            sync_now(PRODUCTS)

    done = sync_now(PRODUCTS, resume=resumed)

    assert (done["status"], done["pages"]) == ("succeeded", 3)


def test_the_slices_of_a_run_add_up(known):
    strip(known.catalogue.products, "stock", keep=3)
    run_id, status = taken(PRODUCTS), ""
    while status != "succeeded":
        outcome = engine.execute(PRODUCTS, run_id, Execution(slice_seconds=0.0))
        status = outcome.status
        assert status in ("due", "succeeded")

    assert rows.run(run_id).counts["pages"] == 3


def test_a_walk_that_an_older_version_began_misses_nothing(known):
    strip(known.catalogue.products, "stock")
    known.faults.add(Status(status=501, page=2, times=1))
    run_id = taken(PRODUCTS)
    with pytest.raises(Exception, match="501"):
        engine.execute(PRODUCTS, run_id, BY_HAND)
    checkpoint = dict(rows.run(run_id).checkpoint)
    del checkpoint["fields"]
    rows.change(SyncRun, run_id, checkpoint=checkpoint)

    assert sync_now(PRODUCTS, resume=True)["status"] == "succeeded"
    assert "stock" in rows.state(PRODUCTS.name).fields


def test_a_field_that_our_code_knows_no_longer_is_not_missed(known):
    with writing() as session:
        state = session.get_one(SyncState, PRODUCTS.name)
        state.fields = [*(state.fields or ()), "weight"]

    assert sync_now(PRODUCTS)["status"] == "succeeded"


def test_of_a_refused_record_the_fields_came(known):
    strip(known.catalogue.products, "stock", keep=3)
    known.catalogue.products.edit(3, price="free")

    done = sync_now(PRODUCTS)

    assert (done["status"], lost(done)) == ("partial", [])


def test_what_to_act_on_is_read_before_a_hundred_other_warnings(known, monkeypatch):
    monkeypatch.setattr("syncs.running.progress.MOST_ERRORS", 3)
    strip(known.catalogue.products, "stock")
    for key in known.catalogue.products:
        known.catalogue.products.edit(key, category_id=100 + key)

    done = sync_now(PRODUCTS)

    assert (done["warnings"][0], len(done["warnings"])) == (STOCK, 4)


def test_categories_miss_their_parents(b2b):
    sync_now(CATEGORIES)
    strip(b2b.catalogue.categories, "parent_id")

    assert sync_now(CATEGORIES)["status"] == "partial"


@pytest.mark.parametrize(
    ("name", "field", "names"),
    [
        ("paintings", "price", "price or prix"),
        ("paintings", "name", "name or title or titre"),
        ("orders", "items", "items or order_items or lines"),
        ("orders", "status", "status or statut or state"),
        ("users", "email", "email"),
        ("settings", "value", "value"),
    ],
)
def test_the_art_site_s_fields_are_missed_too(template, name, field, names):
    assert sync_now(resource(name))["status"] == "succeeded"
    strip(getattr(template.gallery, name), field)

    done = sync_now(resource(name))

    assert (done["status"], done["errors"]) == ("partial", 0)
    assert f"No record has {names}," in done["warnings"][0]


def test_a_field_under_its_other_name_is_not_missed(template):
    sync_now(resource("paintings"))
    rename(template.gallery.paintings, "price", "prix")

    done = sync_now(resource("paintings"))

    assert (done["status"], counts(done)) == ("succeeded", {"unchanged": 25})
