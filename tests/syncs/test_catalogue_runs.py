"""Whole runs of the catalogue: what they write, what they leave alone, what they count."""

from db.models import ExternalProduct, Product, StockMovement
from syncs.sources.catalogue import CATEGORIES, PRODUCTS
from tests.syncs.rows import category, count, dump, mismatches, movements, product, products, state
from tests.syncs.running import counts, sync_now


def test_the_first_run_creates_every_product(b2b):
    done = sync_now(PRODUCTS)

    assert counts(done) == {"created": 25}
    assert (done["status"], done["total"], done["pages"]) == ("succeeded", 25, 3)
    assert len(products()) == 25


def test_a_product_is_what_its_source_says(b2b):
    sync_now(CATEGORIES)
    b2b.catalogue.products.edit(7, name=" Riz ", price="12500.50", stock=4, sku="R-7", site_id=None)
    sync_now(PRODUCTS)

    found = product(7)
    assert (found.title, str(found.price), found.stock, found.sku) == (
        "Riz",
        "12500.5000",
        4,
        "R-7",
    )
    assert (found.active, found.sync_status, found.gone_at) == (True, "synced", None)
    assert found.category_id == category(7 % 6 + 1).id


def test_what_is_not_mapped_is_kept_as_received(b2b):
    b2b.catalogue.products.edit(7, allergens=["arachide", {"traces": True}], unit="sac 25 kg")
    sync_now(PRODUCTS)

    details = product(7).details
    assert details["allergens"] == ["arachide", {"traces": True}]
    assert details["unit"] == "sac 25 kg"
    assert details.keys().isdisjoint({"id", "name", "price", "stock"})


def test_the_first_stock_is_an_opening_movement(b2b):
    sync_now(PRODUCTS)

    assert movements(7) == [("opening", 7, 7)]
    assert count(StockMovement) == 25


def test_the_first_run_creates_every_category_with_its_parent(b2b):
    done = sync_now(CATEGORIES)

    assert counts(done) == {"created": 6}
    assert category(3).name == "Rayon n° 3"
    assert category(3).slug == "rayon-n-3-3"


def test_a_second_run_finds_everything_unchanged(b2b):
    sync_now(PRODUCTS)

    done = sync_now(PRODUCTS)

    assert counts(done) == {"unchanged": 25}
    assert done["status"] == "succeeded"


def test_an_unchanged_run_writes_no_product_and_no_movement(b2b):
    sync_now(PRODUCTS)
    before = dump(Product, StockMovement)

    sync_now(PRODUCTS)

    assert dump(Product, StockMovement) == before


def test_an_unchanged_run_moves_only_the_freshness_of_the_links(b2b):
    sync_now(PRODUCTS)
    before = dump(ExternalProduct)["external_products"]
    fresh = {"last_synced_at", "seen_run"}

    done = sync_now(PRODUCTS)

    columns = list(ExternalProduct.__table__.columns.keys())
    moved = {
        name
        for old, new in zip(before, dump(ExternalProduct)["external_products"], strict=True)
        for name, was, is_now in zip(columns, old, new, strict=True)
        if was != is_now
    }
    assert moved <= fresh
    assert {row.seen_run for row in products().values()} == {done["run_id"]}


def test_as_many_are_updated_as_were_edited(b2b):
    sync_now(PRODUCTS)
    edited = {str(key) for key in b2b.catalogue.products.change(4)}
    before = products()

    done = sync_now(PRODUCTS)

    assert counts(done) == {"updated": 4, "unchanged": 21}
    after = products()
    assert {key for key in after if after[key].updated_at != before[key].updated_at} == edited
    assert {key for key in after if after[key].price != before[key].price} == edited


def test_a_change_of_details_alone_is_an_update_that_leaves_the_product_row(b2b):
    sync_now(PRODUCTS)
    before = dump(Product, StockMovement)
    b2b.catalogue.products.edit(7, description="Nouvelle recette")

    done = sync_now(PRODUCTS)

    assert counts(done) == {"updated": 1, "unchanged": 24}
    assert product(7).details["description"] == "Nouvelle recette"
    assert dump(Product, StockMovement) == before


def test_a_change_of_stock_is_one_movement(b2b):
    sync_now(PRODUCTS)
    b2b.catalogue.products.edit(7, stock=3)

    sync_now(PRODUCTS)

    assert movements(7) == [("opening", 7, 7), ("sync", -4, 3)]
    assert product(7).stock == 3
    assert mismatches() == []


def test_a_renamed_category_is_updated_and_the_others_are_not(b2b):
    sync_now(CATEGORIES)
    b2b.catalogue.categories.edit(3, name="Épices & sels")

    done = sync_now(CATEGORIES)

    assert counts(done) == {"updated": 1, "unchanged": 5}
    assert (category(3).name, category(3).slug) == ("Épices & sels", "epices-sels-3")


def test_the_outcomes_add_up_to_what_was_fetched(b2b):
    sync_now(PRODUCTS)
    source = b2b.catalogue.products
    source.edit(1, price="99")
    source.edit(2, price="free")
    source.add_raw(source.text(3))
    source.add(name="Attiéké")

    done = sync_now(PRODUCTS)

    assert counts(done) == {
        "created": 1, "updated": 1, "unchanged": 23, "errors": 1, "duplicates": 1
    }  # fmt: skip
    assert done["fetched"] == 27
    assert done["total"] == 26


def test_a_run_leaves_its_state_behind(b2b):
    sync_now(PRODUCTS)

    left = state("b2b.products")
    assert left.last_success_at is not None
    assert left.last_attempt_at is not None
    assert (left.lease_until, left.lease_owner, left.failures) == (None, None, 0)


def test_shapes_of_an_answer_make_no_difference(b2b):
    sync_now(PRODUCTS)
    b2b.products.shape = b2b.products.shape.NAMED

    assert counts(sync_now(PRODUCTS)) == {"unchanged": 25}


def test_a_bare_list_is_a_whole_answer(b2b):
    b2b.categories.shape = b2b.categories.shape.LIST

    assert counts(sync_now(CATEGORIES)) == {"created": 6}


def test_categories_may_come_in_pages(b2b):
    b2b.categories.page_size = 2

    done = sync_now(CATEGORIES)

    assert (counts(done), done["pages"]) == ({"created": 6}, 3)
