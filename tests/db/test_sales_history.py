"""A shop's sales, newest first, page by page, and nobody else's."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from db.models import Product
from db.session import reading, writing
from db.tills import history
from db.tills.history import Sold
from tests import sold

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MS = timedelta(milliseconds=1)


def recent(shop_id, **asked) -> list[Sold]:
    with reading() as session:
        return history.recent(session, shop_id, **{"limit": 100, **asked})


def ids(sales: list[Sold]) -> list[int]:
    return [sale.id for sale in sales]


def walk(shop_id, limit, **asked) -> list[int]:
    found: list[int] = []
    before = None
    while page := recent(shop_id, limit=limit, before=before, **asked):
        found += ids(page)
        before = (page[-1].sold_at, page[-1].id)
    return found


def test_a_sale_is_shown_as_it_was_sold_with_its_lines_in_order(store):
    shop = sold.shop()
    rice = sold.article(shop, "Riz", "2.50")
    tea = sold.article(shop, "Thé", "0.3333")
    ident = sold.sale(
        shop,
        NOON,
        [(tea, 3, "0.3333"), (rice, 2, "2.00"), (tea, -1, "0.3333")],
        discount=Decimal("0.50"),
        paid=False,
        invoice_number="VENTE-1",
        payment_method="MOBILE_MONEY",
    )
    with writing() as session:
        session.get_one(Product, tea).title = "Thé vert"

    (sale,) = recent(shop)

    assert (sale.id, sale.invoice_number, sale.terminal) == (ident, "VENTE-1", f"Caisse {shop}")
    assert (sale.payment_method, sale.paid) == ("MOBILE_MONEY", False)
    assert (sale.total, sale.discount) == (Decimal("4.1666"), Decimal("0.50"))
    assert (sale.sold_at, sale.received_at) == (NOON, NOON)
    assert [(line.product_id, line.title, line.quantity) for line in sale.lines] == [
        (tea, "Thé", 3),
        (rice, "Riz", 2),
        (tea, "Thé", -1),
    ]
    assert [(line.unit_price, line.list_price, line.subtotal) for line in sale.lines] == [
        (Decimal("0.3333"), Decimal("0.3333"), Decimal("0.9999")),
        (Decimal("2.00"), Decimal("2.50"), Decimal("4.00")),
        (Decimal("0.3333"), Decimal("0.3333"), Decimal("-0.3333")),
    ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_bought_is_not_even_read(store):
    assert not {field.name for field in fields(Sold)} & {"client", "content_hash"}


def test_another_shop_sees_nothing(store):
    ours, theirs = sold.shop("A"), sold.shop("B")
    mine, other = sold.sale(ours, NOON), sold.sale(theirs, NOON)

    assert ids(recent(ours)) == [mine]
    assert ids(recent(theirs)) == [other]
    assert recent(theirs + 1) == []


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_show_each_sale_once_also_those_of_one_instant(store, limit):
    ours, theirs = sold.shop("A"), sold.shop("B")
    expected = []
    # Ids do not follow time: a till sends late what it sold early.
    for n in (5, 1, 1, 3, 1, 5, 2, 1):
        expected.append((NOON + timedelta(milliseconds=n), sold.sale(ours, NOON + n * MS)))
        sold.sale(theirs, NOON + n * MS)

    assert walk(ours, limit) == [ident for _, ident in sorted(expected, reverse=True)]


def test_a_period_has_its_start_and_not_its_stop(store):
    shop = sold.shop()
    _before, first, last, _after = (sold.sale(shop, NOON + n * MS) for n in (-1, 0, 59, 60))

    found = ids(recent(shop, start=NOON, stop=NOON + 60 * MS))

    assert found == [last, first]
    assert walk(shop, 1, start=NOON, stop=NOON + 60 * MS) == found


def test_a_sale_that_comes_between_two_pages_moves_none(store):
    shop = sold.shop()
    all_ids = [sold.sale(shop, NOON + n * MS) for n in range(4)]
    page = recent(shop, limit=2)
    sold.sale(shop, NOON + 9 * MS)

    assert ids(recent(shop, before=(page[-1].sold_at, page[-1].id))) == all_ids[1::-1]
