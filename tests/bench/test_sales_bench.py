"""The sales' benchmarks run and judge, and their reference does what it is compared with."""

import json
import subprocess
import sys

import pytest
from sqlalchemy import select

from bench import row_by_row, tills
from bench.__main__ import DATABASES
from db.models import Product, Sale, SaleLine, StockMovement
from db.session import reading, writing
from db.tills import batches
from syncs.sales.process import process

TINY = ("--batches", "2", "--posts", "20", "--stored", "1000", "2000", "--rounds", "1", "--json")
START = """
import sys
from bench.__main__ import main
from bench.promises import Promise
bound = Promise(**{sys.argv[1]: float(sys.argv[2])})
sys.exit(main(sys.argv[4:], promises=dict.fromkeys(sys.argv[3].split(","), bound)))
"""


def bench(bound, value, name, *options):
    return subprocess.run(
        [sys.executable, "-c", START, bound, str(value), name, *options],
        capture_output=True,
        text=True,
        check=False,
    )


def sell(till, body):
    with writing() as session:
        held = batches.receive(session, till, body=body, count=tills.SALES, numbered=True)
    assert process(held.batch_id) == "done"


def sold(session, till):
    """Everything that a till's sales left behind, without ids, clocks and hashes."""
    query = select(Sale).where(Sale.terminal_id == till.id).order_by(Sale.invoice_number)
    return [
        (
            sale.shop_id, sale.invoice_number.removeprefix(till.serial), sale.payment_method,
            sale.paid, sale.total, sale.discount, sale.client, sale.oversold,
            left_by(session, SaleLine, sale, "product_id", "title", "quantity", "unit_price",
                    "list_price", "subtotal"),
            left_by(session, StockMovement, sale, "product_id", "delta", "kind"),
        )
        for sale in session.scalars(query)
    ]  # fmt: skip


def left_by(session, model, sale, *columns):
    query = select(model).where(model.sale_id == sale.id).order_by(model.line_no)
    return [tuple(getattr(row, name) for name in columns) for row in session.scalars(query)]


@pytest.mark.timeout(240)  # several processes each, and none of them is quick to start
@pytest.mark.parametrize(
    ("part", "promise", "what"),
    [
        ("sales", "{}: sales/loop", "{}: sales/loop"),
        ("accepting", "{}: p99/median", "{}: p99/median"),
        ("stored", "many/few", "{}: after 2,000/after 1,000"),
    ],
)
def test_a_part_is_measured_alone_and_judged(part, promise, what):
    promises = ",".join(promise.format(database) for database in DATABASES)
    done = bench("at_most", 1e9, promises, part, *TINY)

    assert (done.returncode, done.stderr) == (0, "")
    found = {finding["what"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert {name.partition(": ")[0] for name in found} == set(DATABASES)
    for database in DATABASES:
        assert found[what.format(database)]["value"] > 0
        assert found[what.format(database)]["kept"]


def test_a_broken_promise_of_sales_is_named_and_ends_with_1():
    done = bench("at_least", 1e9, "many/few", "stored", "--databases", "sqlite", *TINY)

    assert done.returncode == 1
    assert json.loads(done.stdout)["broken"] == ["sqlite: after 2,000/after 1,000"]


def test_the_reference_leaves_behind_what_we_leave_behind(store):
    with writing() as session:
        (ours,) = tills.open_shops(session, number=1, tills=1, articles=5)
        theirs = tills.add_till(session, ours.shop_id, ours.articles, serial="theirs")
    body = ours.batch()
    same = body.replace(ours.serial.encode(), theirs.serial.encode())

    sell(ours, body)
    with reading() as session:
        stocks = dict(session.execute(select(Product.id, Product.stock)).all())
        tills.check(session, tills.SALES)
    under = row_by_row.open_batch(theirs)
    for _ in range(2):  # the second time every number is known
        row_by_row.sell([(theirs, same)], under)

    with reading() as session:
        assert sold(session, theirs) == sold(session, ours)
        twice = dict(session.execute(select(Product.id, Product.stock)).all())
        tills.check(session, 2 * tills.SALES)
    assert {ident: tills.STOCK - twice[ident] for ident in twice} == {
        ident: 2 * (tills.STOCK - stock) for ident, stock in stocks.items()
    }


def test_a_measurement_that_lost_a_sale_is_none(store):
    with writing() as session:
        (till,) = tills.open_shops(session, number=1, tills=1, articles=5)
    sell(till, till.batch())

    with reading() as session, pytest.raises(AssertionError, match="100 sales are in the store"):
        tills.check(session, tills.SALES + 1)
    with writing() as session:
        session.get_one(Product, till.articles[0]).stock += 1
    with reading() as session, pytest.raises(AssertionError, match="Mismatch"):
        tills.check(session, tills.SALES)
