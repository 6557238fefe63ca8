"""Taking a command in, from Python too: keys, bodies of our own types, approval."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest

from connectors.families import Price, Product, Promotion
from connectors.families.commands import BodyError, Command, canonical
from connectors.families.pos_commands import COMMANDS
from core import crypto
from core.errors import NotFoundError, RefusedError
from core.logs import correlation_scope
from db.work.outbox import KeyReused
from syncs.connect import to_source
from syncs.outbox import queue_for_later
from syncs.outbox.targets import UnsupportedError
from tests import toy
from tests.given_commands import carry_out, price, row

ONCE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
COFFEE = Price(sku="CAFE", price=Decimal("2.40"), currency="EUR")


def test_a_connector_or_its_name_and_items_of_our_types(vendor):
    by_name = queue_for_later("toy", "push_prices", [COFFEE])
    with to_source("toy") as supplier:
        by_connector = queue_for_later(supplier, "push_prices", [COFFEE])

    for queued in (by_name, by_connector):
        assert (queued.state, queued.new) == ("waiting", True)
        assert json.loads(crypto.unseal(row(queued.outbox_id).payload)) == {
            "prices": [{"sku": "CAFE", "price": "2.4000", "currency": "EUR"}]
        }
    assert carry_out(by_name.outbox_id) == "done"


def test_the_same_in_one_request_is_one_command_and_in_another_a_new_one(vendor):
    with correlation_scope("one"):
        first = queue_for_later("toy", "push_prices", [price()])
        again = queue_for_later("toy", "push_prices", {"prices": [price(amount="2.4")]})
    with correlation_scope("two"):
        later = queue_for_later("toy", "push_prices", [price()])

    assert (again.outbox_id, again.new) == (first.outbox_id, False)
    assert later.new
    assert row(first.outbox_id).correlation_id == "one"


def test_a_key_names_one_command(vendor):
    first = queue_for_later("toy", "push_prices", [price()], key="k")

    assert not queue_for_later("toy", "push_prices", [price()], key="k").new
    with pytest.raises(KeyReused, match=f"key: k is command {first.outbox_id}'s"):
        queue_for_later("toy", "push_prices", [price("THE")], key="k")


@ONCE
def test_every_problem_is_named_and_nothing_stored(vendor):
    wrong = [price(amount="-1"), {"sku": "", "price": "1", "currency": "EUR"}, 7]

    with pytest.raises(BodyError) as refused:
        queue_for_later("toy", "push_prices", wrong)

    assert [path for path, _ in refused.value.problems] == [
        "prices.0.price", "prices.1.sku", "prices.2",
    ]  # fmt: skip


@ONCE
def test_names_that_nobody_has(vendor):
    with pytest.raises(NotFoundError, match="no connector 'b2b'; there are: toy"):
        queue_for_later("b2b", "push_prices", [COFFEE])
    with pytest.raises(NotFoundError, match="no verb 'get_products' at toy"):
        queue_for_later("toy", "get_products", [])


@ONCE
def test_what_is_turned_off_is_named(store, monkeypatch):
    off = toy.source(toy.Toy, "http://127.0.0.1:1", capabilities={"push_prices": False})
    monkeypatch.setitem(toy.SOURCES, "toy", off)

    with pytest.raises(UnsupportedError, match=r"toy\.capabilities\.push_prices"):
        queue_for_later("toy", "push_prices", [COFFEE])


def test_orders_may_wait_for_a_person(store, monkeypatch):
    """No family has orders so far: prices that ask stand for them."""
    asking = Command(**{**vars(COMMANDS["push_prices"]), "asks": True})
    monkeypatch.setattr(toy.Toy, "commands", {"push_prices": asking})
    for approval, state in ((True, "approval"), (False, "waiting")):
        source = toy.source(toy.Toy, "http://127.0.0.1:1", orders={"approval": approval})
        monkeypatch.setitem(toy.SOURCES, "toy", source)

        queued = queue_for_later("toy", "push_prices", [COFFEE])

        assert queued.state == state
        if approval:
            assert carry_out(queued.outbox_id) is None


def test_the_bodies_own_number_is_its_key(vendor, monkeypatch):
    numbered = Command(**{**vars(COMMANDS["push_prices"]), "own_key": lambda _: "order-7"})
    monkeypatch.setattr(toy.KeyedToy, "commands", {"push_prices": numbered})

    queued = queue_for_later("toy", "push_prices", [COFFEE])

    assert row(queued.outbox_id).key == "order-7"


def test_products_and_promotions_go_back_as_they_came():
    product = Product(
        name="Café", price=Decimal("2.40"), currency="EUR", id="V1", sku="CAFE",
        prices=(Price(price=Decimal("2.60"), currency="EUR", location="L1"),), version=7,
    )  # fmt: skip
    promotion = Promotion(name="Midi", percentage=Decimal(10), product_ids=("V1",))

    products = COMMANDS["push_products"].read([product])
    whole = COMMANDS["push_promotion"].read(promotion)

    assert products.products[0].product().prices == product.prices
    assert whole.promotion() == promotion
    again = COMMANDS["push_promotion"].read(json.loads(canonical(whole)))
    assert again == whole


@pytest.mark.parametrize(
    ("verb", "body", "path"),
    [
        ("push_products", {"products": [{"name": "Café"}]}, "products.0"),
        ("push_products", {"products": [{"name": "Café", "sku": "C", "price": 2}]}, "products.0"),
        ("push_promotion", {"name": "Midi"}, ""),
        ("push_promotion", {"name": "Midi", "amount": 2}, ""),
        ("push_promotion", {"name": "Midi", "percentage": 10, "valid_from": "x"}, "valid_from"),
        ("push_promotion", {"name": "Midi", "percentage": 101}, "percentage"),
        ("push_promotion", 7, ""),
        ("push_prices", {"prices": [price()] * 1001}, "prices"),
    ],
)
def test_a_body_that_cannot_be_is_refused(verb, body, path):
    with pytest.raises(BodyError) as refused:
        COMMANDS[verb].read(body)

    assert [each for each, _ in refused.value.problems] == [path]


def test_in_development_nothing_goes_to_what_is_real(store, monkeypatch):
    real = toy.source(toy.Toy, "https://toy.example")
    monkeypatch.setitem(toy.SOURCES, "toy", real)
    with pytest.raises(RefusedError, match=r"development: no command goes to toy\.example"):
        queue_for_later("toy", "push_prices", [COFFEE])

    monkeypatch.setattr(toy.Toy, "sandboxes", frozenset({"toy.example"}))
    ident = queue_for_later("toy", "push_prices", [COFFEE]).outbox_id
    monkeypatch.setattr(toy.Toy, "sandboxes", frozenset())

    assert carry_out(ident) == "waiting"
    assert "MOULIN_ENV" in (row(ident).error or "")
    assert row(ident).sent_at is None


def test_of_two_at_once_under_one_key_there_is_one(vendor):
    start = Barrier(2)

    def order(_: int) -> tuple[int, bool]:
        start.wait()
        queued = queue_for_later("toy", "push_prices", [COFFEE], key="k")
        return queued.outbox_id, queued.new

    with ThreadPoolExecutor(2) as threads:
        both = list(threads.map(order, range(2)))

    assert len({ident for ident, _ in both}) == 1
    assert sorted(new for _, new in both) == [False, True]
