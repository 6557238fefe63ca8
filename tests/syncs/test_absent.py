"""Absent is not zero: a field that a source stops sending leaves what is known of it alone."""

import json
from decimal import Decimal

import pytest
from sqlalchemy import select

import core.settings
from core.errors import RefusedError
from db.catalogue import locked_fields, shops, stock
from db.models import Category, ExternalCategory, Product
from db.session import reading, writing
from db.work.rejects import Refusal, keep
from syncs.acts import rejects as acts
from syncs.acts.by import By
from syncs.running import dry_run
from syncs.sources.catalogue import CATEGORIES, PRODUCTS
from tests.syncs.rows import category, mismatches, movements, parents, product, rejects, upstream
from tests.syncs.running import counts, sync_now

WHOLE = {
    "id": 7, "name": "Riz", "price": "12.50", "stock": 4, "sku": "R-7", "barcode": "376",
    "category_id": 3, "site_id": 1, "description": "Long grain", "images": ["riz.jpg"],
}  # fmt: skip
COLUMNS = (
    Product.title, Product.price, Product.stock, Product.sku, Product.barcode,
    Product.category_id, Product.shop_id, Product.active,
)  # fmt: skip


def ours(external_id: int = 7) -> tuple[object, ...]:
    """What we sell a product as."""
    with reading() as session:
        query = select(*COLUMNS).where(Product.id == product(external_id).id)
        return tuple(session.execute(query).one())


def sold(pieces: int, external_id: int = 7) -> None:
    """Pieces of it leave the shop."""
    with writing() as session:
        stock.adjust(session, product(external_id).id, -pieces, "vente")


@pytest.fixture
def shop(b2b):
    """The shop of site 1, where product 7 is sold in a category that is known."""
    with writing() as session:
        shops.add(session, name="Boutique", site_id="1")
    b2b.catalogue.products.put_raw(7, json.dumps(WHOLE))
    sync_now(CATEGORIES)
    sync_now(PRODUCTS)
    return b2b


def serve(source, **changes) -> None:
    """Serve product 7 with these fields changed; ``...`` leaves one out."""
    record = {name: value for name, value in (WHOLE | changes).items() if value is not ...}
    source.catalogue.products.put_raw(7, json.dumps(record))


@pytest.mark.parametrize("field", sorted(WHOLE.keys() - {"id"}))
def test_a_field_that_is_gone_leaves_its_value_alone(shop, field):
    sold(1)
    before, theirs = ours(), upstream(7)
    serve(shop, **{field: ...})

    done = sync_now(PRODUCTS)

    assert (done["status"], counts(done)) == ("succeeded", {"unchanged": 25})
    assert (ours(), upstream(7)) == (before, theirs)
    assert product(7).details == {"description": "Long grain", "images": ["riz.jpg"]}


@pytest.mark.parametrize("field", sorted(WHOLE.keys() - {"id"}))
def test_the_others_are_read_all_the_same(shop, field):
    news = {"name": "Riz rond", "price": "13", "description": "Rond"}
    news = {name: value for name, value in news.items() if name != field}
    serve(shop, **{field: ..., **news})

    assert counts(sync_now(PRODUCTS)) == {"updated": 1, "unchanged": 24}

    title, price, *_ = ours()
    assert title == news.get("name", "Riz")
    assert price == Decimal(news.get("price", "12.50"))
    assert product(7).details["description"] == news.get("description", "Long grain")


@pytest.mark.parametrize(
    ("field", "kept"),
    [("stock", True), ("price", True), ("name", True), ("site_id", True),
     ("category_id", False), ("sku", False), ("barcode", False)],
)  # fmt: skip
def test_null_is_none_where_there_may_be_none_and_unknown_where_there_is_always_one(
    shop, field, kept
):
    place = ("name", "price", "stock", "sku", "barcode", "category_id", "site_id").index(field)
    before = ours()
    serve(shop, **{field: None})

    done = sync_now(PRODUCTS)

    assert (done["status"], done["errors"]) == ("succeeded", 0)
    assert ours()[place] == (before[place] if kept else None)


@pytest.mark.parametrize("empty", ["", "  ", False], ids=repr)
@pytest.mark.parametrize("field", ["stock", "price", "site_id"])
def test_an_empty_text_for_a_number_is_unknown(shop, field, empty):
    before = ours()
    serve(shop, **{field: empty})

    assert sync_now(PRODUCTS)["errors"] == 0
    assert ours() == before


@pytest.mark.parametrize("value", [0, "0", 0.0], ids=repr)
def test_a_stock_of_zero_is_said(shop, value):
    serve(shop, stock=value)

    sync_now(PRODUCTS)

    assert product(7).stock == 0


@pytest.mark.parametrize("mode", ["delta", "mirror"])
@pytest.mark.parametrize("absent", [..., None])
def test_sales_stay_sold_while_the_stock_is_not_said(shop, monkeypatch, mode, absent):
    monkeypatch.setenv("INVENTORY_STOCK_MODE", mode)
    core.settings.reset()
    sold(1)
    serve(shop, stock=absent)
    assert counts(sync_now(PRODUCTS)) == {"unchanged": 25}
    assert product(7).stock == 3
    serve(shop, stock=absent, price="14")
    assert counts(sync_now(PRODUCTS)) == {"updated": 1, "unchanged": 24}
    assert product(7).stock == 3

    serve(shop, stock=6)
    sync_now(PRODUCTS)

    assert product(7).stock == (5 if mode == "delta" else 6)
    assert mismatches() == []


def test_a_field_that_comes_and_goes_costs_no_write(shop):
    for present in (False, True, False, True):
        serve(shop, **({} if present else {"stock": ..., "description": ...}))

        assert counts(sync_now(PRODUCTS)) == {"unchanged": 25}

    assert movements(7) == [("opening", 4, 4)]


def test_a_dry_run_says_the_same(shop):
    serve(shop, stock=..., price=None)

    foreseen = dry_run.compare(PRODUCTS, {})

    assert (foreseen["status"], counts(foreseen)) == ("succeeded", {"unchanged": 25})


def test_a_new_product_without_stock_begins_with_none(b2b):
    b2b.catalogue.products.edit(7, without=("stock", "sku", "barcode", "category_id", "site_id"))

    assert sync_now(PRODUCTS)["status"] == "succeeded"
    assert ours()[2:] == (0, None, None, None, None, True)


@pytest.mark.parametrize("field", ["name", "price"])
@pytest.mark.parametrize("value", [..., None])
def test_a_new_product_needs_a_name_and_a_price(b2b, field, value):
    serve(b2b, **{field: value})

    done = sync_now(PRODUCTS)

    assert done["errors_list"] == [
        {"product_id": "7", "error": f"{field}: is missing.", "code": "MISSING_FIELD",
         "field": field}
    ]  # fmt: skip


def test_what_a_person_locked_stays_locked(shop):
    with writing() as session:
        ident = product(7).id
        locked_fields.set_values(session, ident, {"price": Decimal(9)})
    serve(shop, price=..., stock=...)

    sync_now(PRODUCTS)

    assert (product(7).price, product(7).stock) == (9, 4)


def test_a_product_that_returns_without_a_field_has_its_old_value(shop):
    shop.catalogue.products.delete(7)
    sync_now(PRODUCTS)
    shop.catalogue.products.add_raw(json.dumps({"id": 7, "name": "Riz"}))

    sync_now(PRODUCTS)

    assert ours()[:5] == ("Riz", Decimal("12.50"), 4, "R-7", "376")
    assert ours()[-1] is True


def test_what_comes_twice_on_a_page_says_all_that_either_says(shop):
    serve(shop, stock=9)
    again = json.dumps({"id": 7, "price": "14", "name": "Riz"})
    shop.catalogue.products.add_raw(again, position=8)

    done = sync_now(PRODUCTS)

    assert counts(done) == {"updated": 1, "unchanged": 24, "duplicates": 1}
    assert (product(7).stock, product(7).price) == (9, 14)
    assert upstream(7)["upstream_stock"] == 9
    assert mismatches() == []


def test_a_new_product_that_comes_twice_on_a_page_keeps_what_came_first(b2b):
    serve(b2b)
    b2b.catalogue.products.add_raw('{"id": 7, "name": "Riz", "price": 3}', position=8)

    sync_now(PRODUCTS)

    assert (product(7).stock, product(7).price) == (4, 3)


def test_a_replayed_record_that_lacks_a_field_leaves_it_alone(shop):
    refusal = Refusal(
        external_id="7", code="REFUSED_BY_DATABASE", field="", message="No.",
        payload={"id": 7, "name": "Riz noir", "description": "Noir"},
    )  # fmt: skip
    with writing() as session:
        keep(session, PRODUCTS.name, None, [refusal])
    (refused,) = rejects()

    acts.replay(refused.id, by=By("a test"))

    assert ours()[:4] == ("Riz noir", Decimal("12.50"), 4, "R-7")
    assert product(7).details == {"description": "Noir", "images": ["riz.jpg"]}


def test_a_replayed_new_record_needs_what_every_new_one_needs(shop):
    refusal = Refusal(
        external_id="99", code="MISSING_FIELD", field="price", message="price: is missing.",
        payload={"id": 99, "name": "Riz noir"},
    )  # fmt: skip
    with writing() as session:
        keep(session, PRODUCTS.name, None, [refusal])

    with pytest.raises(RefusedError, match="price: is missing"):
        acts.replay(rejects()[0].id, by=By("a test"))


def test_a_category_keeps_its_parent_and_its_name(b2b):
    sync_now(CATEGORIES)
    before = parents()
    names = category(3).name, category(3).slug
    b2b.catalogue.categories.edit(3, without=("parent_id", "name"))

    done = sync_now(CATEGORIES)

    assert (done["status"], counts(done)) == ("succeeded", {"unchanged": 6})
    assert (parents(), (category(3).name, category(3).slug)) == (before, names)


def test_a_category_whose_parent_is_null_is_at_the_root(b2b):
    sync_now(CATEGORIES)
    b2b.catalogue.categories.edit(3, parent_id=None)

    sync_now(CATEGORIES)

    assert parents()["3"] is None


def test_a_new_category_needs_a_name_and_so_does_a_placeholder(b2b):
    sync_now(PRODUCTS)
    b2b.catalogue.categories.edit(3, without=("name",))

    done = sync_now(CATEGORIES)

    assert [each["category_id"] for each in done["errors_list"]] == ["3"]
    with reading() as session:
        query = select(ExternalCategory.sync_status, Category.name).join(
            Category, Category.id == ExternalCategory.category_id
        )
        found = session.execute(query.where(ExternalCategory.external_id == "3")).one()
    assert tuple(found) == ("placeholder", "Catégorie 3")
