import pytest

from db.models import Product
from db.session import writing
from tests.cli import given


def test_a_ledger_that_agrees_is_said_so(cli, told):
    given.product()

    assert told("stock", "verify") == {"products": 1, "mismatches": 0, "list": []}
    assert "every stock is the sum" in cli("stock", "verify").stderr


def test_a_stock_nobody_explains_is_named_and_fails(cli, told):
    ident = given.product(stock=5)
    with writing() as session:
        session.get_one(Product, ident).stock = 6

    found = told("stock", "verify", exit=1)

    assert found["mismatches"] == 1
    assert found["list"] == [{"product_id": ident, "stock": 6, "ledger": 5}]
    assert "stock explain" in cli("stock", "verify", exit=1).stderr


def test_a_correction_is_a_movement_with_its_reason(cli, told):
    ident = given.product(stock=5)

    assert told("stock", "adjust", ident, "-7", "--reason", "broken") == {
        "product_id": ident,
        "delta": -7,
        "stock": -2,
    }

    found = told("stock", "explain", ident)
    assert [(m["kind"], m["delta"], m["stock_after"]) for m in found["movements"]] == [
        ("adjustment", -7, -2),
        ("opening", 5, 5),
    ]
    assert "broken" in cli("stock", "explain", ident).stdout
    assert given.audited() == [("stock.adjust", f"product {ident}", "broken")]
    cli("stock", "verify")


@pytest.mark.parametrize(
    "words",
    [("0", "--reason", "x"), ("5",), ("five", "--reason", "x"), ("5", "--reasn", "x"),
     ("9999999999", "--reason", "x")],
)  # fmt: skip
def test_a_correction_that_says_nothing_is_a_usage_error(cli, words):
    ident = given.product()

    cli("stock", "adjust", ident, *words, exit=2)

    assert given.read_product(ident).stock == 5


def test_a_product_that_does_not_exist_is_said_so(cli):
    assert "no product 99" in cli("stock", "adjust", 99, 1, "--reason", "x", exit=1).stderr
    assert "no product 99" in cli("stock", "explain", 99, exit=1).stderr
