"""The catalogue for storefronts: what it tells, page by page, how old it is, and what it wakes."""

from datetime import datetime

import pytest

import api
import core.settings
from db.types import db_now
from syncs import gate
from tests.api.catalogue import category, product, synced, woken
from tests.api.given import away

PRODUCTS = "GET /api/inventory/products/synced/"
CATEGORIES = "GET /api/inventory/categories/synced/"


def test_a_product_is_told_with_all_that_the_source_says(ask):
    ident = product(7, price="40000")

    told = ask(PRODUCTS, role=None).get_json()

    [record] = told["results"]
    assert datetime.fromisoformat(record.pop("last_synced_at")).tzinfo is not None
    assert record == {
        "id": ident,
        "external_id": "p7",
        "title": "Rice 7",
        "price": "40000.00",
        "stock": 7,
        "sku": "R-7",
        "category_id": None,
        "sync_status": "synced",
        "details": {"unit": "kg"},
    }
    assert told.keys() == {"results", "next", "state", "last_success_at"}


def test_a_category_is_told_with_its_parent(ask):
    above = category(1)
    ident = category(2, parent_id=above, sync_status="placeholder", details=None)

    record = ask(CATEGORIES, role=None).get_json()["results"][1]

    assert datetime.fromisoformat(record.pop("last_synced_at")).tzinfo is not None
    assert record == {
        "id": ident,
        "external_id": "c2",
        "name": "Shelf 2",
        "parent_id": above,
        "sync_status": "placeholder",
        "details": None,
    }


def test_prices_have_two_decimals_or_as_many_as_they_have(ask):
    for number, price in enumerate(("0", "2.5", "0.3333", "12.125")):
        product(number, price=price)

    prices = [record["price"] for record in ask(PRODUCTS, role=None).get_json()["results"]]

    assert prices == ["0.00", "2.50", "0.3333", "12.125"]


def test_what_is_gone_or_off_sale_is_not_shown(ask):
    product(1)
    product(2, active=False)
    product(3, gone_at=db_now())
    category(1, gone_at=db_now())

    products, categories = (ask(what, role=None).get_json() for what in (PRODUCTS, CATEGORIES))

    assert [record["external_id"] for record in products["results"]] == ["p1"]
    assert categories["results"] == []


@pytest.mark.parametrize(("what", "make"), [(PRODUCTS, product), (CATEGORIES, category)])
def test_pages_follow_one_another_and_miss_nothing(ask, what, make):
    idents = [make(number) for number in range(7)]
    found, path, pages = [], f"{what}?limit=3", 0
    while path is not None:
        told = ask(path, role=None).get_json()
        found += [record["id"] for record in told["results"]]
        pages += 1
        path = told["next"] and f"GET {told['next']}"

    assert (found, pages) == (idents, 3)


def test_a_page_that_is_just_full_is_the_last(ask):
    for number in range(3):
        product(number)

    assert ask(f"{PRODUCTS}?limit=3", role=None).get_json()["next"] is None


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "cursor=0", "cursor=x", "page=2"])
def test_a_query_that_makes_no_sense_is_named(ask, query):
    answer = ask(f"{PRODUCTS}?{query}", role=None)

    assert (answer.status_code, answer.get_json()["code"]) == (400, "INVALID_QUERY")
    assert answer.get_json()["errors"][0]["field"] == query.partition("=")[0]


def test_before_the_first_run_there_is_no_age(ask):
    answer = ask(PRODUCTS, role=None)

    assert answer.headers["X-Sync-State"] == answer.get_json()["state"] == "never_run"
    assert "Age" not in answer.headers
    assert answer.get_json()["last_success_at"] is None


def test_the_age_is_that_of_the_last_complete_run(ask):
    synced(hours_ago=1)

    answer = ask(PRODUCTS, role=None)

    assert answer.headers["X-Sync-State"] == answer.get_json()["state"] == "ok"
    assert 3600 <= int(answer.headers["Age"]) < 3700
    assert datetime.fromisoformat(answer.get_json()["last_success_at"]).tzinfo is not None


def test_old_data_is_served_and_called_late(ask):
    product(1)
    synced(hours_ago=5)

    answer = ask(PRODUCTS, role=None)

    assert answer.status_code == 200
    assert (answer.headers["X-Sync-State"], len(answer.get_json()["results"])) == ("late", 1)


@pytest.mark.parametrize("path", ["products/synced", "products/synced/"])
def test_the_slash_at_the_end_may_be_missing(ask, path):
    assert ask(f"GET /api/inventory/{path}", role=None).status_code == 200


def test_by_default_reading_either_list_wakes_both(ask):
    synced(hours_ago=3)

    ask(PRODUCTS, role=None)

    assert woken() == ["b2b.categories", "b2b.products"]


@pytest.fixture
def no_hook(monkeypatch):
    """No page wakes syncs."""
    monkeypatch.setenv("AUTO_SYNC_PATHS", "")
    core.settings.reset()


@pytest.mark.parametrize(
    ("what", "name"), [(PRODUCTS, "b2b.products"), (CATEGORIES, "b2b.categories")]
)
def test_without_the_hook_each_list_wakes_its_own_sync(no_hook, store, ask, what, name):
    synced(hours_ago=3)

    ask(what, role=None)

    assert woken() == [name]


def test_fresh_data_wakes_nothing(no_hook, store, ask):
    synced(hours_ago=1)

    ask(PRODUCTS, role=None)

    assert woken() == []


def test_a_page_looks_once_whether_it_wakes_something(store, ask, monkeypatch):
    looks = []
    original = gate.stale

    def counted(session, syncs):
        looks.append([sync.name for sync in syncs])
        return original(session, syncs)

    monkeypatch.setattr(gate, "stale", counted)
    synced(hours_ago=1)

    ask(PRODUCTS, role=None)

    assert looks == [["b2b.categories", "b2b.products"]]


def test_without_the_store_there_is_no_catalogue_and_no_crash(store, app):
    made = api.create_app()
    with away(), made.test_client() as client:
        answer = client.get("/api/inventory/products/synced/")

    assert (answer.status_code, answer.get_json()["code"]) == (503, "STORE_AWAY")
