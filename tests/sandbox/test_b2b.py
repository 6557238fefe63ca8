"""The inventory's wire: shapes, keys, pages, sites."""

import re
from typing import Any

import pytest

from sandbox import b2b


def test_a_page_of_products_has_count_links_and_results(source, ask):
    page = ask(2).json()

    url = f"{source.url}/api/products/"
    assert (page["count"], len(page["results"])) == (250, 100)
    assert (page["next"], page["previous"]) == (f"{url}?page=3", f"{url}?page=1")


def test_a_product_has_the_fields_and_types_of_the_inventory(ask):
    product = ask().json()["results"][0]

    assert list(product) == [
        *("id", "name", "price", "stock", "sku", "barcode", "category_id", "site_id", "unit"),
        *("description", "image", "updated_at"),
    ]
    assert re.fullmatch(r"\d+\.\d\d", product["price"])
    assert isinstance(product["stock"], int)
    assert len(product["barcode"]) == 13


def test_walking_every_page_gives_every_product_once_and_asks_no_page_twice(source, walk):
    ids = [product["id"] for product in walk()]

    assert ids == list(range(1, 251))
    assert source.log.requested_pages("products") == [1, 2, 3]


def test_the_links_keep_the_other_parameters(source, session):
    page = session.get(
        f"{source.url}/api/products/?page=1&page_size=10&site_id=2",
        headers={"Authorization": "Bearer secret"},
        timeout=10,
    ).json()

    assert page["next"] == f"{source.url}/api/products/?page=2&page_size=10&site_id=2"


@pytest.mark.parametrize("page", ["4", "0", "-1", "abc", "9" * 5000])
def test_a_page_beyond_the_end_is_not_found(ask, page):
    answer = ask(page)

    assert (answer.status_code, answer.json()) == (404, {"detail": "Invalid page."})


def test_the_first_page_of_an_empty_inventory_is_empty(ask):
    with b2b.serve(products=0) as empty:
        page = ask(of=empty).json()

    assert page == {"count": 0, "next": None, "previous": None, "results": []}


def test_the_sites_share_the_products_between_them(source, session):
    def of_site(site: object) -> Any:
        url = f"{source.url}/api/products/?site_id={site}&page_size=250"
        return session.get(url, headers={"Authorization": "Bearer secret"}, timeout=10).json()

    pages = [of_site(site) for site in (1, 2, 3)]

    assert [{p["site_id"] for p in page["results"]} for page in pages] == [{1}, {2}, {3}]
    assert sum(page["count"] for page in pages) == 250
    assert of_site(4)["count"] == of_site("nord")["count"] == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "Basic secret"}, 401),
        ({"Authorization": "Bearer narrow"}, 403),
        ({"Authorization": "Bearer secret"}, 200),
    ],
)
def test_a_key_opens_only_what_it_may_read(session, headers, status):
    with b2b.serve(key="secret", keys={"narrow": ["categories"]}) as source:
        answer = session.get(f"{source.url}/api/products/", headers=headers, timeout=10)

    assert answer.status_code == status
    assert ("detail" in answer.json()) == (status != 200)


def test_a_key_taken_back_opens_nothing(source, ask):
    del source.keys["secret"]

    assert ask().status_code == 401


@pytest.mark.parametrize(
    ("shape", "unwrap"),
    [
        ("list", lambda body: body),
        ("results", lambda body: body["results"]),
        ("named", lambda body: body["products"]),
    ],
)
def test_products_come_in_three_shapes(ask, shape, unwrap):
    with b2b.serve(products=3, product_shape=shape) as source:
        assert [product["id"] for product in unwrap(ask(of=source).json())] == [1, 2, 3]


@pytest.mark.parametrize(
    ("shape", "unwrap"),
    [
        ("list", lambda body: body),
        ("results", lambda body: body["results"]),
        ("named", lambda body: body["categories"]),
    ],
)
def test_categories_come_in_three_shapes(categories, shape, unwrap):
    with b2b.serve(category_shape=shape) as source:
        assert unwrap(categories(of=source).json())[0]["name"] == "Épicerie"


def test_categories_come_whole_unless_the_sandbox_pages_them(source, categories):
    whole = categories().json()
    source.categories.page_size = 50
    paged = [categories(page=page).json() for page in (1, 2)]

    assert (whole["next"], len(whole["results"])) == (None, whole["count"])
    assert [*paged[0]["results"], *paged[1]["results"]] == whole["results"]
    assert (paged[0]["next"] is None, paged[1]["next"]) == (False, None)


def test_products_come_whole_when_the_sandbox_does_not_page_them(ask):
    with b2b.serve(products=1500, product_shape="list", product_page_size=None) as source:
        assert len(ask(of=source).json()) == 1500


def test_the_categories_are_a_tree_of_three_levels(categories):
    found = categories().json()["results"]
    parents = {category["id"]: category["parent_id"] for category in found}

    def depth(number: int | None) -> int:
        return 0 if number is None else 1 + depth(parents[number])

    assert 60 <= len(found) <= 120
    assert {depth(number) for number in parents} == {1, 2, 3}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(ask):
    def served(seed: int) -> Any:
        with b2b.serve(products=100, seed=seed) as source:
            return ask(of=source).content

    assert served(7) == served(7) != served(8)


def test_no_two_products_share_a_name_a_code_or_a_barcode(source):
    products = [source.catalogue.products.get(key) for key in source.catalogue.products]

    for field in ("name", "sku", "barcode"):
        assert len({product[field] for product in products}) == len(products)


def test_every_product_lies_in_a_category_of_the_third_level(source):
    categories = source.catalogue.categories
    parents = {categories.get(key)["parent_id"] for key in categories}
    used = {source.catalogue.products.get(key)["category_id"] for key in source.catalogue.products}

    assert used <= set(categories) - parents


def test_nothing_else_is_served_and_nothing_is_written(source, session):
    url = f"{source.url}/api/products/"
    headers = {"Authorization": "Bearer secret"}

    assert session.get(f"{source.url}/api/orders/", headers=headers, timeout=10).status_code == 404
    assert session.post(url, headers=headers, json={}, timeout=10).status_code == 405


def test_the_log_says_what_was_asked_and_answered(source, ask):
    ask(1)
    ask(9)

    assert source.log[:] == [
        ("GET", "/api/v1/api/products/", "page=1", 200),
        ("GET", "/api/v1/api/products/", "page=9", 404),
    ]
    source.log.clear()
    assert len(source.log) == 0


def test_the_log_reads_a_page_that_is_no_number_as_0(source, ask):
    for page in (2, "abc", "9" * 5000):
        ask(page)

    assert source.log.requested_pages("products") == [2, 0, 0]
