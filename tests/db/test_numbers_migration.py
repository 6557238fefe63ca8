"""What 0.1.0 has stored is found under its number, however it is spelled; there and back."""

from __future__ import annotations

import pytest
from alembic import command
from sqlalchemy import text

from db import migrate
from db.session import reading, writing
from db.tills import history
from syncs.sales.process import process
from tests.syncs.sales.conftest import (
    PHONE,
    beside,
    open_rejects,
    sale,
    sales,
    stock_of,
    till,
)

__all__ = ["beside", "till"]

SALE = text(
    "INSERT INTO sales (shop_id, batch_id, terminal_id, invoice_number, payment_method, paid, "
    "total, sold_at, received_at, content_hash, oversold) SELECT shop_id, batch_id, terminal_id, "
    ":number, payment_method, paid, total, sold_at, received_at, content_hash, oversold "
    "FROM sales WHERE invoice_number = 'A'"
)


def before() -> None:
    """The store as 0.1.0 has it."""
    command.downgrade(migrate.config(), "0004")


def sell(*numbers: str) -> None:
    """As 0.1.0 did: each spelling is another number."""
    with writing() as session:
        for number in numbers:
            session.execute(SALE, {"number": number})


def compared() -> dict[str, str | None]:
    return {each.invoice_number: each.compared_number for each in sales()}


def codes(answer) -> list[str]:
    return [error["code"] for error in answer["ventes_erreurs"] or ()]


def test_sales_of_before_are_found_by_every_spelling(till):
    till.send(sale("A"))
    before()
    sell(" B", "e\u0301", "\ufeffC ", "D", "\u200b")

    migrate.upgrade()

    assert compared() == {
        "A": None, " B": "B", "e\u0301": "é", "\ufeffC ": "C", "D": None, "\u200b": None,
    }  # fmt: skip
    assert codes(till.send(*map(sale, ("A ", "B", " B", "é", "C", " D")))) == ["DOUBLON"] * 6
    with reading() as session:
        found = history.under(session, 2, "é\u200b")
    assert found is not None
    assert found.invoice_number == "e\u0301"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_knows_its_sales_by_their_numbers_at_once(till):
    till.send(*map(sale, "ABCD"))
    before()

    migrate.upgrade()

    with reading() as session:
        known = "SELECT n_distinct FROM pg_stats WHERE tablename = 'uq_sales_compared_number'"
        assert session.scalar(text(known)) == -1


def test_twins_of_before_stay_two_sales_and_each_is_known_by_its_own_spelling(till):
    till.send(sale("A"))
    before()
    sell(" A", "A ", " B", "B ")
    with writing() as session:
        session.execute(
            text("UPDATE sales SET content_hash = 'other' WHERE invoice_number IN (' A', 'B ')")
        )

    migrate.upgrade()

    assert compared() == {"A": None, " A": None, "A ": None, " B": "B", "B ": None}
    # The content decides which of them a spelling means.
    assert (
        codes(till.send(sale("A"), sale(" A"), sale("A "), sale("B"), sale("B ")))
        == ["DOUBLON"] * 5
    )
    assert codes(till.send(sale("B", (PHONE, 2)))) == ["CONFLIT_FACTURE"]


def test_a_refusal_of_before_is_its_terminals_and_is_closed_when_it_is_sold(till):
    till.send(sale("A", (PHONE, 11)))
    before()
    with reading() as session:
        (identity,) = session.scalars(text("SELECT identity FROM rejects"))
    assert identity.count(":") == 1

    migrate.upgrade()
    (reject,) = open_rejects()
    assert reject.identity.startswith("2:1:")

    till.send(sale("A", (PHONE, 11)))
    assert len(open_rejects()) == 1


def test_of_two_refusals_that_would_be_one_before_the_later_keeps_its_name(till, beside):
    for each in (till, beside):
        each.send(sale("A", (PHONE, 11)))

    before()

    with reading() as session:
        names = list(session.scalars(text("SELECT identity FROM rejects ORDER BY id")))
    assert [name.count(":") for name in names] == [1, 2]
    migrate.upgrade()
    assert [each.identity.count(":") for each in open_rejects()] == [2, 2]


def test_the_code_before_it_goes_on_selling_beside_it(till):
    """It knows none of the new columns; what it writes is known to the code after it."""
    till.send(sale("A"))
    sell("B", " C")

    assert codes(till.send(sale("B"), sale(" C"))) == ["DOUBLON", "DOUBLON"]


def test_a_batch_that_0_1_0_has_stored_is_processed(till):
    received = till.receive(sale(" A", prix_unitaire=None), sale("B"))
    before()
    migrate.upgrade()

    process(received.batch_id)

    assert till.answer(received.batch_id)["statistiques"]["reussies"] == 2
    assert stock_of(PHONE) == 8
