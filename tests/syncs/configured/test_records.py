"""What is odd in a vendor's records, on its way through a configured sync into the store."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from db.models import PosPayment, PosProduct
from sandbox.square import orders
from tests.syncs.rows import count, rejects
from tests.syncs.running import counts, sync_now

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("field", ["total_money", "created_at"])
def test_an_order_without_a_field_falls_alone_and_the_field_is_named(shop, field):
    shop.sell("T1")
    del shop.sell("T2")[field]
    shop.sell("T3")

    done = shop.bring()

    assert (done["status"], counts(done)) == ("partial", {"created": 2, "errors": 1})
    (reject,) = rejects()
    assert (reject.external_id, reject.code, reject.field) == ("T2", "MISSING_FIELD", field)
    assert shop.stored.keys() == {"T1", "T3"}


def test_an_order_that_is_repaired_comes_in_and_its_reject_is_over(shop):
    total = shop.sell("T1").pop("total_money")
    shop.bring()

    shop.vendor.orders["T1"]["total_money"] = total
    done = shop.bring()

    assert (done["status"], counts(done)) == ("succeeded", {"created": 1})
    assert (shop.stored.keys(), rejects()) == ({"T1"}, [])


def test_words_that_nobody_knows_yet_are_kept_and_lose_nothing(shop):
    order = shop.sell("T1", tender="CRYPTO_WALLET")
    order["line_items"][0]["item_type"] = "HOLOGRAM"
    order["fulfillments"] = [{"type": "DRONE", "state": "HOVERING"}]

    done = shop.bring()

    assert (done["status"], counts(done)) == ("succeeded", {"created": 1})
    assert shop.stored["T1"].total == 12
    assert [payment.method for payment in shop.lines(PosPayment, "T1")] == ["crypto_wallet"]


def test_objects_of_an_unknown_type_are_no_products(shop):
    shop.vendor.catalogue.put({"type": "HOLOGRAM", "id": "H1", "hologram_data": {"name": "?"}})

    assert counts(sync_now(shop.products)) == {"created": 4}
    assert (count(PosProduct), rejects()) == (4, [])


def test_a_single_child_that_is_an_object_is_a_list_of_one(shop):
    order = shop.sell("T1")
    for name in ("line_items", "taxes", "tenders"):
        (order[name],) = order[name]

    assert counts(shop.bring()) == {"created": 1}
    assert [item.tax_rate for item in shop.items("T1")] == [10]
    assert [payment.amount for payment in shop.lines(PosPayment, "T1")] == [12]


def test_yen_have_no_cents(shop):
    shop.sell(
        "T1",
        location="LTOKYO",
        lines=[orders.line(1, price=1200, currency="JPY")],
        tip=50,
        currency="JPY",
    )
    shop.bring()

    found = shop.stored["T1"]
    assert (found.currency, found.total, found.tip) == ("JPY", Decimal(1250), Decimal(50))
    assert shop.items("T1")[0].price == 1200


def test_five_hundred_lines_keep_their_order(shop):
    shop.sell("T1", lines=[orders.line(n, name=f"Plat {n}") for n in range(500)])
    shop.bring()

    assert [item.name for item in shop.items("T1")] == [f"Plat {n}" for n in range(500)]
    assert shop.stored["T1"].total == sum(item.total for item in shop.items("T1")) == 6000


def test_a_weight_keeps_its_five_decimals(shop):
    shop.sell("T1", lines=[orders.line(1, quantity="0.12345", price=2000)])
    shop.bring()

    (item,) = shop.items("T1")
    assert (item.quantity, item.price, item.total) == (
        Decimal("0.12345"),
        Decimal(20),
        Decimal("2.47"),
    )


def test_an_empty_day_is_a_run_without_records(shop):
    shop.sell("T1")

    done = shop.bring(since="2026-11-21", until="2026-11-22")

    assert (done["status"], done["total"], counts(done)) == ("succeeded", 0, {})
    assert shop.stored == {}


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)], ids=["spring", "autumn"]
)
def test_a_day_on_which_the_clocks_change_has_its_own_length(shop, day, hours):
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(
        hours=1 if hours == 23 else 2
    )
    end = midnight + timedelta(hours=hours)
    for number, at in enumerate([midnight - SECOND, midnight, end - SECOND, end]):
        shop.sell(f"T{number}", closed_at=at)
    shop.bring()

    days = [shop.stored[f"T{number}"].business_date - day for number in range(4)]
    assert [each.days for each in days] == [-1, 0, 0, 1]
