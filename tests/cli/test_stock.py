import pytest
from sqlalchemy import text

from db.models import Product
from db.session import writing
from tests.cli import given
from tests.syncs.sales import conftest
from tests.syncs.sales.conftest import CASE, PHONE, sale, sales

till = conftest.till


def test_a_ledger_that_agrees_is_said_so(cli, told):
    given.product()

    assert told("stock", "verify") == {
        "products": 1, "mismatches": 0, "list": [],
        "sales": 0, "sale_mismatches": 0, "sale_list": [],
    }  # fmt: skip
    said = cli("stock", "verify").stderr
    assert "every stock is the sum" in said
    assert "0 sales: every line has its movement" in said


def test_sales_that_moved_what_they_sold_agree(till, told):
    till.send(sale("A", (PHONE, 2), (CASE, 1), (PHONE, 1)), sale("B", (CASE, -3)))
    till.send(sale("C", (CASE, 99)), sale("A", (PHONE, 2), (CASE, 1), (PHONE, 1)))

    found = told("stock", "verify")

    assert (found["sales"], found["sale_mismatches"], found["mismatches"]) == (2, 0, 0)
    moved = told("stock", "explain", CASE)["movements"]
    assert [(move["kind"], move["sale_id"]) for move in moved] == [
        ("refund", sales()[1].id), ("sale", sales()[0].id), ("adjustment", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "named"),
    [
        # Each as somebody writes it who leaves the sum of the movements as it is.
        (
            "UPDATE stock_movements SET sale_id = NULL, line_no = NULL, kind = 'adjustment'",
            [(1, PHONE, 2, None, None), (2, CASE, 1, None, None)],
        ),
        (
            "UPDATE sale_lines SET quantity = 3 WHERE line_no = 1",
            [(1, PHONE, 3, PHONE, 2)],
        ),
        (
            "UPDATE sale_lines SET product_id = 7 WHERE line_no = 1",
            [(1, CASE, 2, PHONE, 2)],
        ),
        (
            "UPDATE stock_movements SET line_no = 5 WHERE line_no = 2",
            [(2, CASE, 1, None, None), (5, None, None, CASE, 1)],
        ),
        (
            "DELETE FROM sale_lines WHERE line_no = 2",
            [(2, None, None, CASE, 1)],
        ),
        (
            "UPDATE stock_movements SET sale_id = NULL WHERE line_no = 2",
            [(2, CASE, 1, None, None), (2, None, None, CASE, 1)],
        ),
    ],
)
def test_a_line_that_moved_something_else_is_named_and_fails(till, cli, told, written, named):
    till.send(sale("A", (PHONE, 2), (CASE, 1)))
    with writing() as session:
        moved = "" if "sale_lines" in written else " AND sale_id IS NOT NULL"
        where = written if "WHERE" in written else f"{written} WHERE 1 = 1"
        session.execute(text(where + moved))

    found = told("stock", "verify", exit=1)

    columns = ("line_no", "product_id", "sold", "moved_product_id", "moved")
    assert [tuple(item[name] for name in columns) for item in found["sale_list"]] == named
    assert (found["mismatches"], found["sale_mismatches"]) == (0, len(named))
    assert f"{len(named)} lines of sales do not agree" in cli("stock", "verify", exit=1).stderr


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
