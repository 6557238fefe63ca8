"""Ids, SKUs and names as others' exports write them: padded, decomposed, as HTML."""

import json

import pytest
from sqlalchemy import select

from db.models import ExternalProduct, Product
from db.session import reading
from syncs.sources.catalogue import CATEGORIES, PRODUCTS
from tests.syncs.rows import category, change_link, product, products
from tests.syncs.running import counts, sync_now


def serve(source, key: int, **fields: object) -> None:
    """Serve a product as these fields."""
    record = {"id": key, "name": "Riz", "price": "1.50", "stock": 4} | fields
    source.catalogue.products.put_raw(key, json.dumps(record))


@pytest.mark.parametrize(
    "spelled", [" 7", "7 ", "\t7\n", "\u00a07", "\ufeff7", "7\u200b"], ids=ascii
)
def test_an_id_is_known_whatever_stands_around_it(b2b, spelled):
    sync_now(PRODUCTS)
    ident = product(7).id
    serve(b2b, 7, id=spelled, name="Autre")

    done = sync_now(PRODUCTS)

    assert counts(done) == {"updated": 1, "unchanged": 24}
    assert (product(7).id, product(7).title) == (ident, "Autre")


def test_two_spellings_of_an_accent_are_one_record(b2b):
    serve(b2b, 7, id="caf\u00e9")
    serve(b2b, 8, id="cafe\u0301", name="Deux")

    done = sync_now(PRODUCTS)

    assert counts(done) == {"created": 24, "duplicates": 1}
    assert product("caf\u00e9").title == "Deux"


def test_ids_that_differ_inside_or_in_case_are_two(b2b):
    for key, ident in enumerate(("A 1", "A1", "a1"), 1):
        serve(b2b, key, id=ident)

    sync_now(PRODUCTS)

    assert {"A 1", "A1", "a1"} <= products().keys()


def test_references_are_compared_the_same_way(b2b):
    sync_now(CATEGORIES)
    serve(b2b, 7, category_id=" 3\u00a0")

    sync_now(PRODUCTS)

    assert product(7).category_id == category(3).id


@pytest.mark.parametrize("field", ["sku", "barcode"])
def test_codes_are_kept_in_one_form_and_never_decoded(b2b, field):
    serve(b2b, 7, **{field: "\ufeff e\u0301&amp;1 \u200b"})

    sync_now(PRODUCTS)

    with reading() as session:
        query = select(Product).join(ExternalProduct).where(ExternalProduct.external_id == "7")
        assert getattr(session.scalars(query).one(), field) == "\u00e9&amp;1"


def test_names_are_decoded_once_and_slugs_are_made_of_what_is_read(b2b):
    serve(b2b, 7, name="Caf&eacute; &amp;amp; th&#233;", description="&lt;b&gt;")
    b2b.catalogue.categories.edit(3, name="&Eacute;pices &amp; sels")

    sync_now(PRODUCTS)
    sync_now(CATEGORIES)

    assert product(7).title == "Café &amp; thé"
    assert product(7).details == {"description": "&lt;b&gt;"}
    assert (category(3).name, category(3).slug) == ("Épices & sels", "epices-sels-3")


def test_what_an_older_version_stored_is_read_once_more(b2b):
    serve(b2b, 7, name="Caf&eacute;")
    sync_now(PRODUCTS)
    with reading() as session:
        query = select(ExternalProduct.payload_hash).where(ExternalProduct.external_id == "7")
        hash_ = session.scalars(query).one() or ""
    old = f"1.{hash_.partition('.')[2]}"
    change_link(7, payload_hash=old, upstream_title="Caf&eacute;")

    done = sync_now(PRODUCTS)

    assert counts(done) == {"updated": 1, "unchanged": 24}
    assert product(7).title == "Café"
