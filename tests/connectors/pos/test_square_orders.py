"""What Square's order becomes, field by field; no wire."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from connectors.pos.square.orders import transaction
from connectors.pos.square.payloads import OrderPayload
from core.errors import SkippableError
from core.payload import parse
from sandbox.square.orders import line, money, refund, sale

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def read(order: dict[str, Any], **changes: Any):
    return transaction(parse(OrderPayload, {**order, **changes}))


@pytest.mark.parametrize(
    ("currency", "minor", "units"),
    [("EUR", 2400, "24.00"), ("JPY", 2400, "2400"), ("KWD", 2400, "2.400"), ("XOF", 5, "5")],
)
def test_an_amount_is_in_units_of_its_currency(currency, minor, units):
    order = sale(
        "T1", closed_at=NOON, currency=currency, lines=[line(1, price=minor, currency=currency)]
    )

    found = read(order)

    assert str(found.total) == units
    assert (found.currency, found.items[0].total) == (currency, Decimal(units))


def test_supplements_are_in_the_price_of_one_unit():
    sold = line(1, quantity="2", price=1000) | {
        "modifiers": [
            {"base_price_money": money(150), "quantity": "2"},
            {"base_price_money": money(50), "quantity": None},
            {"name": "sans oignons"},
        ]
    }

    (item,) = read(sale("T1", closed_at=NOON, lines=[sold])).items

    assert item.price == Decimal("13.50")


def test_null_is_no_amount_where_square_may_say_so():
    order = sale("T1", closed_at=NOON) | {"net_amounts": None}
    order["total_tip_money"] = {"amount": None, "currency": "EUR"}

    found = read(order, returns=[{"return_amounts": None}])

    assert (found.total, found.tip, found.refunded) == (12, 0, 0)


def test_a_service_charge_is_an_item_so_that_they_add_up():
    order = sale("T1", closed_at=NOON)
    charge = {
        "uid": "s",
        "name": "Service",
        "total_money": money(120),
        "total_tax_money": money(11),
    }
    amounts = order["net_amounts"] | {"total_money": money(1320)}

    found = read(order, service_charges=[charge], net_amounts=amounts)

    assert [(it.name, it.quantity, it.total) for it in found.items][1] == (
        "Service",
        1,
        Decimal("1.20"),
    )
    assert sum(it.total for it in found.items) == found.total == Decimal("13.20")


def test_an_exchange_is_the_difference_of_both():
    sold, other = sale("S", closed_at=NOON), sale("N", closed_at=NOON, lines=[line(1, price=1500)])
    back = refund("X", sold, closed_at=NOON)
    exchange = other | {"returns": back["returns"], "refunds": back["refunds"]}
    del exchange["net_amounts"]

    found = read(exchange)

    assert (found.total, found.refunded) == (Decimal(3), Decimal(12))
    assert [it.quantity for it in found.items] == [1, -1]
    assert [it.amount for it in found.payments] == [15, -12]


def test_a_refund_on_its_own_tender_has_that_means_and_a_refused_one_is_none():
    order = sale("T1", closed_at=NOON, tender="CASH")
    given = refund("R", order, closed_at=NOON)["refunds"][0]

    found = read(order, refunds=[given, given | {"id": "no", "status": "REJECTED"}])

    assert [(it.method, it.amount) for it in found.payments] == [("cash", 12), ("cash", -12)]


def test_a_line_that_names_no_tax_has_the_orders_only_one():
    sold = line(1)
    del sold["applied_taxes"]
    order = sale("T1", closed_at=NOON, lines=[line(1)]) | {"line_items": [sold]}
    two = [*order["taxes"], {"uid": "t2", "percentage": "20"}]

    assert read(order).items[0].tax_rate == 10
    assert read(order, taxes=two).items[0].tax_rate is None
    untaxed = sold | {"total_tax_money": money(0)}
    assert read(order, line_items=[untaxed]).items[0].tax_rate is None


def test_a_line_with_two_taxes_has_the_sum_of_both():
    sold = line(1) | {"applied_taxes": [{"tax_uid": "a"}, {"tax_uid": "b"}]}
    taxes = [{"uid": "a", "percentage": "5.5"}, {"uid": "b", "percentage": "0.5"}]

    assert read(sale("T1", closed_at=NOON), line_items=[sold], taxes=taxes).items[0].tax_rate == 6


@pytest.mark.parametrize(
    "change",
    [
        {"line_items": line(1)},
        {"line_items": [line(1)], "returns": None, "refunds": None, "service_charges": None},
        {"line_items": [line(1) | {"applied_taxes": {"tax_uid": "tax-10"}}]},
    ],
    ids=["an object for a list", "null for a list", "an object within"],
)
def test_a_child_alone_is_a_list_of_one_and_null_is_none(change):
    found = read(sale("T1", closed_at=NOON), **change)

    assert [(it.name, it.tax_rate) for it in found.items] == [("Quiche du moulin", 10)]


def test_a_word_that_is_new_is_kept_and_nothing_fails():
    order = sale("T1", closed_at=NOON, tender="BRAIN_WAVE")

    found = read(order, state="PARKED", fulfillments=[{"type": "DRONE"}], novelty={"x": [1]})

    assert (found.status, found.raw_status) == ("open", "PARKED")
    assert found.payments[0].method == "brain_wave"


def test_an_item_without_a_name_or_a_product():
    sold = {"quantity": "1", "total_money": money(500), "note": "Divers"}

    (item,) = read(sale("T1", closed_at=NOON), line_items=[sold]).items

    assert (item.name, item.product_id, item.price, item.tax) == ("Divers", None, 5, 0)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"total_money": None}, "total_money"),
        ({"total_money": {"amount": 1}}, "total_money.currency"),
        ({"total_money": {"amount": 1.5, "currency": "EUR"}}, "total_money.amount"),
        ({"total_money": {"amount": True, "currency": "EUR"}}, "total_money.amount"),
        ({"total_money": {"amount": 1, "currency": "euros"}}, "total_money.currency"),
        ({"created_at": "2026-11-20T12:00:00"}, "created_at"),
        ({"created_at": "yesterday"}, "created_at"),
        ({"id": ""}, "id"),
        ({"line_items": [{"name": "x"}]}, "line_items.0.quantity"),
        (
            {"line_items": [line(1, quantity="1") | {"quantity": "0.123456"}]},
            "line_items.0.quantity",
        ),
        ({"line_items": [line(1) | {"quantity": "NaN"}]}, "line_items.0.quantity"),
        ({"line_items": "none"}, "line_items"),
        ({"location_id": None}, "location_id"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_field(change, field):
    with pytest.raises(SkippableError) as error:
        read(sale("T1", closed_at=NOON), **change)

    assert error.value.field == field


def test_the_order_of_the_vendors_page():
    order = {
        "id": "OrdFictive1",
        "location_id": "LFICTIVE1",
        "line_items": [
            {
                "uid": "li1",
                "name": "Quiche du moulin",
                "quantity": "2",
                "catalog_object_id": "VARFICTIVE58",
                "base_price_money": money(1200),
                "total_tax_money": money(218),
                "total_discount_money": money(0),
                "total_money": money(2400),
            }
        ],
        "taxes": [{"uid": "t1", "percentage": "10", "type": "INCLUSIVE"}],
        "tenders": [{"id": "TenFictive1", "amount_money": money(2400), "type": "CARD"}],
        "created_at": "2026-11-20T12:41:07.000Z",
        "updated_at": "2026-11-20T12:48:31.000Z",
        "closed_at": "2026-11-20T12:48:30.000Z",
        "state": "COMPLETED",
        "version": 4,
        "total_money": money(2400),
        "total_tax_money": money(218),
    }

    found = read(order)

    assert (found.total, found.tax, found.status, found.version) == (
        24,
        Decimal("2.18"),
        "completed",
        4,
    )
    assert found.closed_at == datetime(2026, 11, 20, 12, 48, 30, tzinfo=UTC)
    (item,) = found.items
    assert (item.product_id, item.quantity, item.price, item.tax_rate) == (
        "VARFICTIVE58",
        2,
        12,
        10,
    )
    assert (found.payments[0].method, found.payments[0].amount) == ("card", 24)
