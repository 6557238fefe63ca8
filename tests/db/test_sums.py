"""Sums of money are exact, also beyond what a database's integers hold."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from db.models import Sale
from db.session import reading
from db.tills.sums import total
from tests import sold

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "amounts",
    [
        [],
        ["0"],
        ["0.1", "0.2", "0.0001"],
        ["0.1", "-0.2", "-99999.9999"],
        ["99999999999999.9999"] * 50,
        ["-99999999999999.9999"] * 50 + ["0.0003"],
        ["99999999999999", "-99999999999998.9999"] * 20,
    ],
)
def test_a_sum_is_what_a_person_adds_up(store, amounts):
    shop = sold.shop()
    for amount in amounts:
        sold.sale(shop, AT, total=Decimal(amount))

    with reading() as session:
        found = session.scalar(select(total(Sale.total)))

    assert found == (sum(map(Decimal, amounts), Decimal(0)) if amounts else None)


def test_sums_are_taken_by_group(store):
    shop = sold.shop()
    for method, amount in [("CASH", "1.5"), ("CARTE", "-2.25"), ("CASH", "0.25")]:
        sold.sale(shop, AT, total=Decimal(amount), payment_method=method)

    query = select(Sale.payment_method, total(Sale.total)).group_by(Sale.payment_method)
    with reading() as session:
        found = dict(session.execute(query).all())

    assert found == {"CASH": Decimal("1.75"), "CARTE": Decimal("-2.25")}
