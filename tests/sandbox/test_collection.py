"""The catalogue is edited while it is served."""

import itertools
import json
import math
import tracemalloc
from threading import Event, Thread

import pytest

from sandbox import b2b, catalogue, hierarchies


def test_an_edited_product_is_served_with_its_new_values(source, ask):
    before = ask().json()["results"][1]

    source.catalogue.products.edit(2, price="1.50", without=("barcode",))

    after = ask().json()["results"][1]
    assert after["price"] == "1.50"
    assert "barcode" not in after
    assert after["updated_at"] > before["updated_at"]
    assert after["name"] == before["name"]


def test_a_deleted_product_moves_the_later_ones_up(source, ask):
    source.catalogue.products.delete(1, 100)

    page = ask().json()
    assert page["count"] == 248
    assert [page["results"][place]["id"] for place in (0, 98, 99)] == [2, 101, 102]
    with pytest.raises(KeyError):
        source.catalogue.products.get(100)


def test_an_added_product_is_complete_and_comes_last(source, ask):
    key = source.catalogue.products.add(name="Attiéké")

    assert key == 251
    added = ask(3).json()["results"][-1]
    assert (added["id"], added["name"], len(added)) == (251, "Attiéké", 12)


def test_an_added_product_can_come_first(source, ask):
    source.catalogue.products.add(position=0, name="Attiéké")

    assert [product["id"] for product in ask().json()["results"][:2]] == [251, 1]


def test_a_thousand_products_change_their_price_at_once():
    products = catalogue.make(products=5000, seed=1).products
    before = {key: products.get(key) for key in products}

    changed = products.change(1000)

    after = {key: products.get(key) for key in products}
    assert len(set(changed)) == 1000
    assert {key for key in before if before[key]["price"] != after[key]["price"]} == set(changed)


def test_a_product_moved_to_another_site_is_listed_there(source):
    products = source.catalogue.products
    key = products.keys(("site_id", 1))[0]

    products.edit(key, site_id=2)

    assert key in products.keys(("site_id", 2))
    assert key not in products.keys(("site_id", 1))


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ('{"id": 2, "price": NaN}', lambda value: math.isnan(value["price"])),
        ('{"id": 2, "price": -Infinity}', lambda value: value["price"] == -math.inf),
        ('{"id": 2, "price": %s}' % ("9" * 400), lambda value: value["price"] > 10**399),
        (r'{"id": 2, "name": "\ud800"}', lambda value: value["name"] == "\ud800"),
        (r'{"id": 2, "name": "a\u0000b"}', lambda value: value["name"] == "a\0b"),
        ('{"id": 2, "name": "%s"}' % ("é" * 500_000), lambda value: len(value["name"]) == 500_000),
        ("null", lambda value: value is None),
        ("[[1]]", lambda value: value == [[1]]),
    ],
    ids=["nan", "infinity", "huge number", "surrogate", "nul", "1 MB name", "null", "list"],
)
def test_garbage_is_served_as_it_stands_in_place_of_a_product(source, ask, text, reads):
    source.catalogue.products.put_raw(2, text)

    results = ask().json()["results"]
    assert reads(results[1])
    assert [results[0]["id"], results[2]["id"]] == [1, 3]


def test_a_value_that_utf8_cannot_say_is_served_as_an_escape(source, ask):
    source.catalogue.products.edit(2, name="\ud800")

    answer = ask()
    assert rb"\ud800" in answer.content
    assert answer.json()["results"][1]["name"] == "\ud800"


def test_an_extra_record_without_an_id_is_served_and_can_be_removed(source, ask):
    key = source.catalogue.products.add_raw('{"name": "Sans numéro"}', position=0)

    assert ask().json()["results"][0] == {"name": "Sans numéro"}
    assert ask().json()["count"] == 251
    source.catalogue.products.delete(key)
    assert ask().json()["count"] == 250


def test_an_extra_record_may_repeat_the_id_of_another(source, walk):
    source.catalogue.products.add_raw(source.catalogue.products.text(7))

    assert [product["id"] for product in walk()].count(7) == 2


@pytest.mark.parametrize("verb", ["edit", "delete", "get", "text"])
def test_what_does_not_exist_cannot_be_touched(source, verb):
    with pytest.raises(KeyError):
        getattr(source.catalogue.products, verb)(251)


def test_categories_are_edited_by_the_same_verbs(source, categories):
    held = source.catalogue.categories
    held.edit(1, name="Épicerie fine")
    key = held.add(parent_id=1)
    held.delete(2)
    held.change(3)

    found = {category["id"]: category for category in categories().json()["results"]}
    assert found[1]["name"] == "Épicerie fine"
    assert found[key]["parent_id"] == 1
    assert 2 not in found


def test_a_chain_of_ten_thousand_categories_is_served_children_first(source, categories):
    chain = hierarchies.children_first(hierarchies.chain(10_000))
    source.catalogue.categories.replace(chain)

    found = categories().json()["results"]
    assert len(found) == 10_000
    assert [(c["id"], c["parent_id"]) for c in found[:2]] == [(10_000, 9_999), (9_999, 9_998)]
    assert found[-1]["parent_id"] is None


def test_cycles_and_orphans_are_served(source, categories):
    source.catalogue.categories.replace(
        [*hierarchies.cycle(3), *hierarchies.cycle(1, first=4), *hierarchies.orphans(1, first=5)]
    )

    found = {c["id"]: c["parent_id"] for c in categories().json()["results"]}
    assert found == {1: 3, 2: 1, 3: 2, 4: 4, 5: 900_000_005}


def test_the_order_can_be_turned_round(source, ask):
    source.catalogue.products.reverse()

    assert ask().json()["results"][0]["id"] == 250


def test_two_hundred_thousand_products_cost_little_memory():
    catalogue.make(products=1, seed=1)
    tracemalloc.start()
    try:
        products = catalogue.make(products=200_000, seed=1).products
        count, texts = products.window(199_900, 200_000)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (count, len(texts)) == (200_000, 100)
    assert json.loads(texts[-1])["id"] == 200_000
    assert held < 4_000_000


def test_a_page_never_shows_half_an_edit(ask):
    over = Event()

    def edit() -> None:
        for value in itertools.count():
            small.catalogue.products.edit(1, stock=value, price=f"{value}.00")
            if over.is_set():
                return

    with b2b.serve(products=10) as small:
        small.catalogue.products.edit(1, stock=0, price="0.00")
        writer = Thread(target=edit)
        writer.start()
        seen = [ask(of=small).json()["results"][0] for _ in range(50)]
        over.set()
        writer.join()

    assert all(product["price"] == f"{product['stock']}.00" for product in seen)
    assert seen[0]["stock"] < seen[-1]["stock"]
