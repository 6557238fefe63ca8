"""Records no store can keep: each falls alone, is kept sealed, and stops nothing."""

import json

import pytest

from core import crypto
from syncs.sources.catalogue import CATEGORIES, PRODUCTS
from tests.syncs.rows import category, dump, mismatches, product, products, rejects, run
from tests.syncs.running import counts, sync_now

GOOD = {"id": 7, "name": "Riz", "price": "12.50", "stock": 4}


def text(*, without: str = "", **fields: object) -> str:
    """A good record with these fields set, as JSON; NaN and half characters as Python writes."""
    record = {name: value for name, value in {**GOOD, **fields}.items() if name != without}
    return json.dumps(record)


BAD = {
    "no id": (text(without="id"), "MISSING_FIELD", "id", None),
    "null id": (text(id=None), "INVALID_FIELD", "id", None),
    "empty id": (text(id=" "), "INVALID_FIELD", "id", None),
    "id of half a character": (text(id="\ud800"), "INVALID_TEXT", "id", None),
    "no name": (text(without="name"), "MISSING_FIELD", "name", "7"),
    "empty name": (text(name="  "), "INVALID_TEXT", "name", "7"),
    "name that is a number": (text(name=12), "INVALID_FIELD", "name", "7"),
    "name of 1 MB": (text(name="a" * 1_000_000), "INVALID_TEXT", "name", "7"),
    "NUL in the name": (text(name="Ri\0z"), "INVALID_TEXT", "name", "7"),
    "half a character in the name": (text(name="Ri\ud83dz"), "INVALID_TEXT", "name", "7"),
    "no price": (text(without="price"), "MISSING_FIELD", "price", "7"),
    "null price": (text(price=None), "MISSING_FIELD", "price", "7"),
    "NaN": (text(price=float("nan")), "INVALID_FIELD", "price", "7"),
    "NaN as text": (text(price="NaN"), "INVALID_FIELD", "price", "7"),
    "Infinity": (text(price=float("inf")), "INVALID_FIELD", "price", "7"),
    "-Infinity": (text(price=float("-inf")), "INVALID_FIELD", "price", "7"),
    "1e999": (text(price="?").replace('"?"', "1e999"), "INVALID_FIELD", "price", "7"),
    "price below zero": (text(price=-1), "INVALID_FIELD", "price", "7"),
    "price of 400 digits": (text(price=10**400), "INVALID_FIELD", "price", "7"),
    "price of 5000 digits": (
        text(price="?").replace('"?"', "9" * 5000), "INVALID_FIELD", "price", "7",
    ),
    "price of 400 digits as text": (text(price="9" * 400), "INVALID_FIELD", "price", "7"),
    "price with a comma": (text(price="12,50"), "INVALID_FIELD", "price", "7"),
    "price of five decimals": (text(price="1.00001"), "INVALID_FIELD", "price", "7"),
    "price that is a list": (text(price=[1]), "INVALID_FIELD", "price", "7"),
    "price that is true": (text(price=True), "INVALID_FIELD", "price", "7"),
    "stock in words": (text(stock="beaucoup"), "INVALID_FIELD", "stock", "7"),
    "stock that is no whole number": (text(stock=1.5), "INVALID_FIELD", "stock", "7"),
    "stock beyond all shops": (text(stock=10**30), "INVALID_FIELD", "stock", "7"),
    "stock that is NaN": (text(stock=float("nan")), "INVALID_FIELD", "stock", "7"),
    "SKU of 101 characters": (text(sku="x" * 101), "INVALID_TEXT", "sku", "7"),
    "category that is an object": (text(category_id={}), "INVALID_FIELD", "category_id", "7"),
    "NUL in an unmapped field": (text(origin={"ville": "Ba\0mako"}), "INVALID_TEXT",
                                 "origin", "7"),
    "half a character in an unmapped field": (text(origin=["\udc00"]), "INVALID_TEXT",
                                              "origin", "7"),
    "half a character in an unmapped name": (text(extra=1).replace("extra", "\\ud800"),
                                             "INVALID_TEXT", "", "7"),
    "NaN in an unmapped field": (text(weight=float("nan")), "INVALID_NUMBER", "weight", "7"),
    "null": ("null", "NOT_AN_OBJECT", "", None),
    "a text": ('"Riz"', "NOT_AN_OBJECT", "", None),
    "a number": ("7", "NOT_AN_OBJECT", "", None),
    "a list": ("[7]", "NOT_AN_OBJECT", "", None),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "code", "field", "external_id"), BAD.values(), ids=BAD)
def test_a_bad_record_is_refused_alone(b2b, raw, code, field, external_id):
    b2b.catalogue.products.put_raw(7, raw)

    done = sync_now(PRODUCTS)

    assert done["status"] == "partial"
    assert counts(done) == {"created": 24, "errors": 1}
    assert set(products()) == {str(n) for n in range(1, 26) if n != 7}
    [reject] = rejects()
    assert (reject.code, reject.field, reject.external_id) == (code, field, external_id)
    assert done["errors_list"] == [
        {"product_id": external_id, "error": reject.message, "code": code, "field": field}
    ]


def test_a_refused_payload_is_kept_as_it_came_and_sealed(b2b):
    b2b.catalogue.products.put_raw(7, text(price="12,50", client="Awa Traoré", note="\ud800 NaN"))

    sync_now(PRODUCTS)

    [reject] = rejects()
    assert "Awa" not in reject.payload
    assert "12,50" not in reject.payload
    received = json.loads(crypto.unseal(reject.payload))
    assert received["client"] == "Awa Traoré"
    assert received["price"] == "12,50"
    assert received["note"] == "\ud800 NaN"


def test_the_message_of_a_refusal_says_what_to_do(b2b):
    b2b.catalogue.products.put_raw(7, text(price="12,50"))

    [entry] = sync_now(PRODUCTS)["errors_list"]

    assert entry["error"] == "price: '12,50' has a comma; write the point, as in 12.50."


def test_a_category_is_named_by_its_own_id_in_the_errors(b2b):
    b2b.catalogue.categories.edit(3, without=("name",))

    done = sync_now(CATEGORIES)

    assert done["errors_list"] == [
        {"category_id": "3", "error": "name: is missing.", "code": "MISSING_FIELD", "field": "name"}
    ]


def test_every_record_may_be_bad(b2b):
    for n in list(b2b.catalogue.products):
        b2b.catalogue.products.edit(n, price=None)

    done = sync_now(PRODUCTS)

    assert (done["status"], counts(done)) == ("partial", {"errors": 25})
    assert len(rejects()) == 25


def test_a_hundred_errors_are_listed_and_all_are_kept(b2b):
    for _ in range(120):
        b2b.catalogue.products.add(price="free")

    done = sync_now(PRODUCTS)

    assert counts(done) == {"created": 25, "errors": 120}
    assert len(done["errors_list"]) == 100
    assert len(rejects()) == 120


GOOD_TEXTS = {
    "emoji": "Riz 🍚 25 kg",
    "family of four": "👨\u200d👩\u200d👧\u200d👦",
    "right to left": "أرز \u202b25 كغ\u202c",
    "Bambara": "Kɛ̀nɛ̀yɛɛlɛn ŋɔmi",
    "both kinds of é": "e\u0301 é",
    "quotes": 'L\'Étoile «du» "Sud" \\ ; DROP TABLE products; --',
    "a backslash u": "\\u0000",
    "beyond the first plane": "𝔐𝔬𝔲𝔩𝔦𝔫",
    "500 characters": "é" * 500,
    "500 wide characters": "🍚" * 500,
}


def test_texts_of_any_script_are_kept_exactly(b2b):
    for n, name in enumerate(GOOD_TEXTS.values(), 1):
        b2b.catalogue.products.edit(n, name=name, slogan=name)

    assert sync_now(PRODUCTS)["status"] == "succeeded"

    for n, name in enumerate(GOOD_TEXTS.values(), 1):
        assert (product(n).title, product(n).details["slogan"]) == (name, name)


def test_categories_of_any_script_are_kept_exactly(b2b):
    names = dict(enumerate(GOOD_TEXTS.values(), 1))
    b2b.catalogue.categories.replace({"id": n, "name": name} for n, name in names.items())

    assert sync_now(CATEGORIES)["status"] == "succeeded"

    assert {n: category(n).name for n in names} == names


PRICES = [
    (12, "12.0000"), (0.1, "0.1000"), ("19.99", "19.9900"), (0, "0.0000"), ("1e3", "1000.0000"),
    (10**9, "1000000000.0000"), ("0.0001", "0.0001"), (-0.0, "0.0000"), (" 7 ", "7.0000"),
]  # fmt: skip


def test_a_price_is_exact_however_it_is_written(b2b):
    for n, (sent, _) in enumerate(PRICES, 1):
        b2b.catalogue.products.edit(n, price=sent)

    sync_now(PRODUCTS)

    assert [str(product(n + 1).price) for n in range(len(PRICES))] == [kept for _, kept in PRICES]


STOCKS = [("12", 12), (12.0, 12), (None, 0), (-3, -3), ("4.000", 4), (10**9, 10**9)]


def test_a_stock_is_a_whole_number_however_it_is_written(b2b):
    for n, (sent, _) in enumerate(STOCKS, 1):
        b2b.catalogue.products.edit(n, stock=sent)

    sync_now(PRODUCTS)

    assert [product(n + 1).stock for n in range(len(STOCKS))] == [kept for _, kept in STOCKS]
    assert mismatches() == []


def test_errors_leave_no_trace_of_the_payload_on_the_run(b2b):
    b2b.catalogue.products.put_raw(7, text(price={"secret": "s3cr3t"}, note="s3cr3t"))

    done = sync_now(PRODUCTS)

    assert "s3cr3t" not in repr(done)
    assert "s3cr3t" not in repr(run(done["run_id"]).errors_list)
    assert "s3cr3t" not in repr(dump())
