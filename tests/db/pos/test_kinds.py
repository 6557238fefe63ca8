"""Tickets in the store: as they came, in their shop, on their day."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from connectors.families import Price, Product, Promotion
from db.catalogue import shops
from db.models import PosProduct, PosPromotion
from db.pos import PROMOTIONS
from db.records.plan import Context
from db.session import reading, writing
from syncs.sources import pos
from tests import sold
from tests.db.pos.till import (
    NOON,
    bring,
    item,
    items,
    kind,
    payments,
    sell,
    stored,
    ticket,
    write,
)

CONTEXT = Context(source="square", run_id=1, now=NOON)
UNKNOWN = "Location L1 is no shop of ours: its transactions are kept without one."


def test_a_ticket_is_kept_with_its_items_and_payments(store):
    shop = sold.shop()

    plan = bring(kind(), ticket())

    found = stored()
    assert (len(plan.created), plan.warnings) == (1, [])
    assert (found.shop_id, found.business_date) == (shop, date(2026, 11, 20))
    assert (found.total, found.tip, found.customer_id) == (Decimal("5.50"), Decimal("0.50"), "C1")
    assert (found.opened_at, found.modified_at, found.version) == (NOON, NOON, 1)
    assert [(each.name, each.quantity, each.total) for each in items()] == [
        ("Café", Decimal(2), Decimal(5))
    ]
    assert [(each.method, each.amount, each.tip) for each in payments()] == [
        ("card", Decimal("5.50"), Decimal("0.50"))
    ]


def test_a_ticket_that_came_again_is_unchanged(store):
    sold.shop()
    weighed = item(id="i2", quantity=Decimal("0.12345"), tax_rate=Decimal("5.5"))
    bring(kind(), ticket(items=(item(), weighed)))

    plan = bring(kind(), ticket(items=(item(), weighed)), run=2)

    assert (plan.created, plan.updated, len(plan.unchanged)) == ([], [], 1)


@pytest.mark.parametrize("quantity", ["0.12345", "-0.12345", "1000000000", "0.00001"])
def test_a_quantity_has_five_decimals(store, quantity):
    bring(kind(), ticket(items=(item(quantity=Decimal(quantity)),)))

    assert items()[0].quantity == Decimal(quantity)


def test_a_ticket_of_five_hundred_lines_and_one_of_none(store):
    lines = tuple(item(id=f"i{n}") for n in range(500))

    bring(kind(), ticket(items=lines), ticket(id="T2", items=(), payments=()))

    assert [each.external_id for each in items()] == [line.id for line in lines]
    assert (items("T2"), payments("T2")) == ([], [])


def test_a_correction_replaces_the_lines_and_keeps_the_sale_s_own_day(store):
    sold.shop()
    bring(kind(), ticket())

    later = NOON + timedelta(days=9)
    bring(kind(), ticket(version=2, modified_at=later, total=Decimal(3), items=()))

    found = stored()
    assert (found.total, found.version, found.modified_at) == (Decimal(3), 2, later)
    assert (found.business_date, items()) == (date(2026, 11, 20), [])


def test_an_older_version_changes_nothing(store):
    sold.shop()
    bring(kind(), ticket(version=3, total=Decimal(3)))

    plan = bring(kind(), ticket(version=2, total=Decimal(2), items=()), run=2)

    assert (plan.updated, plan.older) == ([], ["T1"])
    assert (stored().total, len(items())) == (Decimal(3), 1)


def test_a_return_is_a_ticket_of_its_own_day(store):
    sold.shop()
    back = item(quantity=Decimal(-2), total=Decimal(-5))
    later = NOON + timedelta(days=3)

    bring(kind(), ticket(), ticket(id="T2", closed_at=later, total=Decimal(-5), items=(back,)))

    assert (stored().business_date.day, stored("T2").business_date.day) == (20, 23)
    assert items("T2")[0].quantity == -2


def test_what_is_open_counts_for_the_day_it_was_opened_until_it_is_closed(store):
    sold.shop()
    bring(kind(), ticket(status="open", closed_at=None))
    assert stored().business_date.day == 20

    bring(kind(), ticket(version=2, closed_at=NOON + timedelta(days=1)))
    assert stored().business_date.day == 21


def test_a_ticket_without_a_zone_has_its_shop_s(store):
    shop = sold.shop(timezone="Indian/Reunion")
    late = NOON.replace(hour=21)

    bring(kind({"L1": shop}), ticket(timezone=None, closed_at=late))

    assert stored().business_date.day == 21


def test_another_hour_at_which_days_begin_leaves_the_past_alone(store):
    shop = sold.shop()
    night = ticket(closed_at=NOON.replace(hour=1))
    bring(kind(), night)

    with writing() as session:
        shops.change(session, shop, {"day_starts_at": "05:00"})
    bring(kind(), ticket(closed_at=night.closed_at, version=2, total=Decimal(4)))
    bring(kind(), ticket(id="T2", closed_at=night.closed_at))

    assert (stored().total, stored().business_date.day) == (Decimal(4), 20)
    assert stored("T2").business_date.day == 19


def test_a_location_of_no_shop_is_named_and_its_tickets_are_kept(store):
    sold.shop("A"), sold.shop("B")

    plan = bring(kind(), ticket(), ticket(id="T2"))

    assert plan.warnings == [UNKNOWN]
    assert (stored().shop_id, stored().business_date) == (None, date(2026, 11, 20))


def test_a_ticket_gets_its_shop_when_its_location_is_mapped(store):
    sold.shop("A")
    shop = sold.shop("B", day_starts_at="13:00")
    bring(kind(), ticket())
    with reading() as session:
        before, after = (kind(each).context(session, CONTEXT).world for each in ({}, {"L1": shop}))

    plan = bring(kind({"L1": shop}), ticket())

    assert before != after
    assert (len(plan.updated), plan.warnings) == (1, [])
    assert (stored().shop_id, stored().business_date.day) == (shop, 19)


def test_a_second_shop_takes_no_ticket_from_the_first(store):
    shop = sold.shop("A")
    bring(kind(), ticket())
    sold.shop("B")

    again = bring(kind(), ticket(), run=2)
    new = bring(kind(), ticket(id="T2"), run=2)

    assert (again.counts()["unchanged"], again.warnings, stored().shop_id) == (1, [], shop)
    assert (new.warnings, stored("T2").shop_id) == ([UNKNOWN], None)


def test_a_location_that_the_map_lacks_is_booked_on_no_shop(store):
    shop = sold.shop()

    plan = bring(kind({"L1": shop + 1, "L2": shop}), ticket(), ticket(id="T2", location="L2"))

    assert stored("T2").shop_id == shop
    assert (stored().shop_id, plan.warnings) == (None, [UNKNOWN])


def test_another_currency_than_the_shop_s_is_kept_and_named(store):
    shop = sold.shop()

    plan = bring(kind(), ticket(currency="JPY", total=Decimal(550)))

    assert (stored().currency, stored().total) == ("JPY", Decimal(550))
    assert plan.warnings == [
        f"Location L1 sells in JPY, and shop {shop} in EUR: its transactions keep their currency."
    ]


def test_a_product_is_kept_with_the_prices_of_single_locations(store):
    here = Price(price=Decimal("2.80"), currency="EUR", location="L1")

    sell(Product(id="P1", name="Café", price=Decimal("2.5"), currency="EUR", prices=(here,)))

    with reading() as session:
        found = session.scalars(select(PosProduct)).one()
    assert (found.name, found.price) == ("Café", Decimal("2.50"))
    assert found.prices == [{"location": "L1", "price": "2.8000", "currency": "EUR"}]


def test_a_product_that_is_deleted_is_a_tombstone(store):
    coffee = Product(id="P1", name="Café", price=Decimal(2), currency="EUR", version=1)
    sell(coffee)

    plan = sell(replace(coffee, deleted=True, version=2))

    with reading() as session:
        found = session.scalars(select(PosProduct)).one()
    assert len(plan.gone) == 1
    assert (found.sync_status, found.version, found.name) == ("gone", 2, "Café")


def test_a_promotion_is_kept(store):
    happy = Promotion(
        id="R1", name="Happy hour", percentage=Decimal("12.5"), product_ids=("P1",),
        valid_until=date(2026, 12, 31), periods=("RRULE:FREQ=DAILY",),
    )  # fmt: skip

    for _ in range(2):
        plan = write(PROMOTIONS, [pos.promotion_row(happy)], 1)

    with reading() as session:
        found = session.scalars(select(PosPromotion)).one()
    assert len(plan.resent) == 1
    assert (found.percentage, found.valid_from) == (Decimal("12.5"), None)
    assert (found.product_ids, found.valid_until) == (["P1"], date(2026, 12, 31))
