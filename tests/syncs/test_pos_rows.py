"""Rows of vendors' tills: what a store can keep, and the field of what it cannot."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from connectors.families import Price, Product, Promotion
from core.errors import SkippableError
from syncs.sources.pos import product_row, promotion_row, transaction_row
from tests.db.pos.till import CARD, TICKET, item, ticket

COFFEE = Product(id="P1", name="Café", price=Decimal("2.5"), currency="EUR")
HAPPY = Promotion(id="R1", name="Happy hour", percentage=Decimal(10))


def test_a_ticket_keeps_no_text_but_its_items_names():
    row = transaction_row(TICKET)

    assert set(row.values) == {
        "location", "status", "currency", "total", "tax", "discount", "tip", "refunded",
        "opened_at", "closed_at", "customer_id", "version", "modified_at", "timezone",
    }  # fmt: skip
    assert set(row.lines("items")[0]) == {
        "external_id", "product_external_id", "sku", "name", "quantity", "price", "discount",
        "tax", "tax_rate", "total",
    }  # fmt: skip
    assert set(row.lines("payments")[0]) == {"method", "amount", "tip"}


def test_moments_are_in_utc_and_to_the_millisecond():
    there = timezone(timedelta(hours=2))
    row = transaction_row(ticket(opened_at=datetime(2026, 6, 1, 12, 0, 0, 123456, there)))

    assert row.values["opened_at"] == datetime(2026, 6, 1, 10, 0, 0, 123000, UTC)


def test_a_name_that_is_too_long_is_cut_and_one_that_is_empty_is_none():
    row = transaction_row(ticket(items=(item(name="é" * 512), item(name=" "))))

    assert [line["name"] for line in row.lines("items")] == ["é" * 500, ""]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"id": ""}, "id"),
        ({"id": "x" * 65}, "id"),
        ({"location": ""}, "location"),
        ({"currency": "eur"}, "currency"),
        ({"currency": "EURO"}, "currency"),
        ({"total": Decimal(10**9 + 1)}, "total"),
        ({"refunded": Decimal("NaN")}, "refunded"),
        ({"tip": Decimal("0.00001")}, "tip"),
        ({"version": 2**63}, "version"),
        ({"version": -1}, "version"),
        ({"timezone": "Europe/Bamako"}, "timezone"),
        ({"opened_at": datetime(2026, 1, 1)}, "opened_at"),  # noqa: DTZ001 - the fact
        ({"closed_at": datetime.max.replace(tzinfo=timezone(-timedelta(hours=9)))}, "closed_at"),
        ({"customer_id": "x" * 65}, "customer_id"),
        ({"items": (item(), item(quantity=Decimal("0.123456")))}, "items.1.quantity"),
        ({"items": (item(quantity=Decimal(10**9 + 1)),)}, "items.0.quantity"),
        ({"items": (item(quantity=Decimal("Infinity")),)}, "items.0.quantity"),
        ({"items": (item(tax_rate=Decimal("NaN")),)}, "items.0.tax_rate"),
        ({"items": (item(price=Decimal("1e20")),)}, "items.0.price"),
        ({"items": (item(name="a\x00b"),)}, "items.0.name"),
        ({"items": (item(sku="x" * 101),)}, "items.0.sku"),
        ({"payments": (replace(CARD, method=""),)}, "payments.0.method"),
        ({"payments": (replace(CARD, amount=Decimal("-1e10")),)}, "payments.0.amount"),
    ],
)
def test_what_no_store_can_keep_is_refused_by_its_field(values, field):
    with pytest.raises(SkippableError) as refused:
        transaction_row(ticket(**values))

    assert (refused.value.field, refused.value.code) == (field, "INVALID_FIELD")
    assert str(refused.value).startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"price": Decimal("1e10")}, "price"),
        ({"currency": ""}, "currency"),
        ({"sku": "x" * 101}, "sku"),
        ({"name": "a\x00b"}, "name"),
        ({"prices": (Price(price=Decimal("NaN"), currency="EUR"),)}, "prices.0.price"),
    ],
)
def test_a_product_that_cannot_be_is_refused_by_its_field(values, field):
    with pytest.raises(SkippableError) as refused:
        product_row(replace(COFFEE, **values))

    assert refused.value.field == field


@pytest.mark.parametrize(
    ("values", "field"),
    [({"percentage": Decimal("1e10")}, "percentage"), ({"amount": Decimal("NaN")}, "amount")],
)
def test_a_promotion_that_cannot_be_is_refused_by_its_field(values, field):
    with pytest.raises(SkippableError) as refused:
        promotion_row(replace(HAPPY, **values))

    assert refused.value.field == field
