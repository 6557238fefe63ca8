"""What every vendor of tills keeps, held over its real wire against its stand-in.

A vendor's module inherits ``PointOfSaleContract`` and gives the fixture ``till``.
"""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from connectors import errors
from connectors.families import PointOfSale, Price, Product, Promotion, Status
from tests.contracts.pos.till import Sold, Till

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
PARIS = ZoneInfo("Europe/Paris")


class PointOfSaleContract:
    """The suite; each test begins with an empty till."""

    @pytest.fixture(autouse=True)
    def described(self, till: Till):
        """Whatever a test asks, the vendor's own description allows it."""
        yield
        assert list(till.violations) == []

    @pytest.fixture
    def pos(self, till: Till):
        with till.connector() as opened:
            yield opened

    def test_what_it_can_do_is_known_without_asking(self, till: Till, pos: PointOfSale):
        assert tuple(pos.capabilities) == PointOfSale.operations
        assert till.asked == 0

    def test_what_is_turned_off_is_refused_and_not_sent(self, till: Till):
        with till.connector(push_prices=False) as pos:
            assert pos.capabilities["push_prices"] is False
            with pytest.raises(errors.NotSupported) as error:
                pos.push_prices([], key="k")

        assert not error.value.is_retriable
        assert till.asked == 0

    def test_locations_have_a_zone_and_a_currency(self, till: Till, pos: PointOfSale):
        found = {each.id: each for each in pos.get_locations()}

        assert found[till.locations["A"]].timezone == "Europe/Paris"
        assert found[till.locations["T"]].currency == "JPY"

    def test_a_period_has_its_start_and_not_its_end(self, till: Till, pos: PointOfSale):
        for name, at in {"first": NOON, "last": NOON + DAY - SECOND, "next": NOON + DAY}.items():
            till.sell(name, closed_at=at)
        till.sell("before", closed_at=NOON - SECOND)

        found = pos.get_transactions(start_date=NOON, end_date=NOON + DAY, status="completed")

        assert [each.id for each in found] == ["first", "last"]

    def test_items_and_payments_add_up_to_the_total(self, till: Till, pos: PointOfSale):
        lines = (Sold(quantity="2"), Sold(name="Cidre", price="16.50", discount="1.50"))
        till.sell("T1", closed_at=NOON, lines=lines, tip="3.00")

        (sale,) = pos.get_transactions(NOON, NOON + DAY)

        assert (sale.total, sale.tip, sale.discount) == (
            Decimal("42.00"),
            Decimal("3.00"),
            Decimal("1.50"),
        )
        assert sum(item.total for item in sale.items) == sale.total - sale.tip
        assert sum(item.tax for item in sale.items) == sale.tax
        assert [(it.quantity, it.price, it.total) for it in sale.items] == [
            (Decimal(2), Decimal(12), Decimal(24)),
            (Decimal(1), Decimal("16.50"), Decimal(15)),
        ]
        assert {item.tax_rate for item in sale.items} == {Decimal(10)}
        assert [(it.amount, it.tip) for it in sale.payments] == [(Decimal(42), Decimal(3))]
        assert (sale.currency, sale.location) == ("EUR", till.locations["A"])
        assert sale.closed_at == NOON

    def test_what_is_given_back_is_negative_on_its_own_day(self, till: Till, pos: PointOfSale):
        till.sell("T1", closed_at=NOON, lines=(Sold(quantity="2"),))
        till.give_back("R1", "T1", closed_at=NOON + DAY)

        (back,) = pos.get_transactions(NOON + DAY, NOON + 2 * DAY)

        assert (back.total, back.refunded) == (Decimal(-24), Decimal(24))
        (item,) = back.items
        assert (item.quantity, item.price, item.total) == (Decimal(-2), Decimal(12), Decimal(-24))
        assert sum(payment.amount for payment in back.payments) == -24
        (sale,) = pos.get_transactions(NOON, NOON + DAY)
        assert (sale.total, sale.refunded) == (Decimal(24), Decimal(0))

    def test_each_status_is_found_by_its_own_instant(self, till: Till, pos: PointOfSale):
        for state in get_args(Status):
            till.sell(state, closed_at=NOON, state=state)

        for state in get_args(Status):
            (found,) = pos.get_transactions(NOON, NOON + DAY, status=state)
            assert (found.id, found.status) == (state, state)
            assert (found.closed_at is None) == (state == "open")
        assert len(list(pos.get_transactions(NOON, NOON + DAY))) == 3

    def test_one_transaction_is_as_in_the_walk(self, till: Till, pos: PointOfSale):
        till.sell("T1", closed_at=NOON, tip="1.00")

        assert [pos.get_transaction("T1")] == list(pos.get_transactions(NOON, NOON + DAY))
        with pytest.raises(errors.RequestError):
            pos.get_transaction("nobody")

    def test_one_location_alone(self, till: Till, pos: PointOfSale):
        till.sell("paris", closed_at=NOON)
        till.sell("tokyo", closed_at=NOON, at="T", lines=(Sold(price="1200"),))

        (found,) = pos.get_transactions(NOON, NOON + DAY, location=till.locations["T"])

        assert (found.id, found.currency, found.total) == ("tokyo", "JPY", Decimal(1200))

    def test_a_quantity_has_five_decimals(self, till: Till, pos: PointOfSale):
        till.sell("T1", closed_at=NOON, lines=(Sold(quantity="0.12345", price="20.00"),))

        (sale,) = pos.get_transactions(NOON, NOON + DAY)

        assert sale.items[0].quantity == Decimal("0.12345")
        assert sale.items[0].total == Decimal("2.47")

    def test_an_order_of_five_hundred_lines(self, till: Till, pos: PointOfSale):
        till.sell("T1", closed_at=NOON, lines=[Sold(name=f"Plat {n}") for n in range(500)])

        (sale,) = pos.get_transactions(NOON, NOON + DAY)

        assert [item.name for item in sale.items] == [f"Plat {n}" for n in range(500)]
        assert sale.total == 6000

    def test_an_empty_day(self, pos: PointOfSale):
        assert list(pos.get_transactions(date(2026, 11, 20), date(2026, 11, 21))) == []
        assert list(pos.get_transactions(NOON, NOON)) == []

    @pytest.mark.parametrize(
        ("day", "hours"),
        [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)],
        ids=["spring", "autumn"],
    )
    def test_a_day_is_the_locations_own(self, till: Till, pos: PointOfSale, day: date, hours: int):
        midnight = datetime.combine(day, datetime.min.time(), PARIS).astimezone(UTC)
        end = midnight + timedelta(hours=hours)
        instants = [midnight - SECOND, midnight, end - SECOND, end]
        for number, at in enumerate(instants):
            till.sell(f"P{number}", closed_at=at)

        found = pos.get_transactions(day, day + DAY, location=till.locations["A"])

        assert [each.id for each in found] == ["P1", "P2"]

    def test_an_instant_without_a_zone_is_this_machines_time(self, till: Till, pos: PointOfSale):
        till.sell("T1", closed_at=NOON)
        local = NOON.astimezone().replace(tzinfo=None)

        assert [it.id for it in pos.get_transactions(local, local + DAY)] == ["T1"]

    @pytest.mark.parametrize(
        ("start", "end", "status", "field"),
        [(NOON, NOON - DAY, None, "end_date"), (NOON, NOON + DAY, "paid", "status")],
    )
    def test_a_period_that_cannot_be_is_refused(self, till, pos, start, end, status, field):
        with pytest.raises(ValueError, match=field):
            pos.get_transactions(start, end, status)

        assert till.asked == 0

    def test_a_long_walk_comes_page_by_page_and_each_once(self, till: Till, pos: PointOfSale):
        for number in range(1203):
            till.sell(f"T{number:04}", closed_at=NOON + number * SECOND)

        walk = pos.get_transactions(NOON, NOON + DAY, "completed", till.locations["A"])
        first = list(itertools.islice(walk, 10))
        asked = till.asked
        rest = list(walk)

        assert asked == 1
        assert [it.id for it in first + rest] == [f"T{number:04}" for number in range(1203)]

    def test_products_have_a_price_and_those_that_change_are_found(self, till, pos):
        sku, ident = next(iter(till.products.items()))
        everything = {each.id: each for each in pos.get_products()}
        assert set(everything) == set(till.products.values())
        assert (everything[ident].sku, everything[ident].price) == (sku, 12)
        since = max(each.modified_at for each in everything.values()) + SECOND

        till.reprice(ident, "13.00")

        assert {it.id: it.price for it in pos.get_products(updated_since=since)} == {ident: 13}

    def test_prices_are_set_and_each_is_answered(self, till: Till, pos: PointOfSale):
        (one, first), (two, second), (three, _), *_ = till.products.items()
        changes = [
            Price(sku=one, price=Decimal("13.50"), currency="EUR"),
            Price(external_id=second, price=Decimal(12), currency="EUR"),
            Price(sku="nobody's", price=Decimal(1), currency="EUR"),
            Price(sku=three, price=Decimal("1.005"), currency="EUR"),
        ]

        results = pos.push_prices(changes, key="k-1")

        assert [(it.key, it.outcome) for it in results] == [
            (one, "updated"),
            (second, "unchanged"),
            ("nobody's", "failed"),
            (three, "failed"),
        ]
        assert [it.external_id for it in results[:2]] == [first, second]
        assert all(it.error for it in results[2:])
        assert till.price(first) == Decimal("13.50")
        assert till.writes == 1
        assert two

    def test_a_price_of_one_location_leaves_the_others(self, till: Till, pos: PointOfSale):
        sku, ident = next(iter(till.products.items()))
        here = Price(sku=sku, price=Decimal("9.90"), currency="EUR", location=till.locations["A"])

        (result,) = pos.push_prices([here], key="k-1")

        assert result.outcome == "updated"
        assert (till.price(ident, at="A"), till.price(ident)) == (Decimal("9.90"), Decimal(12))
        (found,) = [it for it in pos.get_products() if it.id == ident]
        assert [(it.location, it.price) for it in found.prices] == [
            (till.locations["A"], Decimal("9.90"))
        ]

    def test_a_write_whose_answer_is_lost_is_done_once(self, till: Till, pos: PointOfSale):
        sku, ident = next(iter(till.products.items()))
        till.lose_answers(2)

        (result,) = pos.push_prices([Price(sku=sku, price=Decimal(15), currency="EUR")], key="k-1")

        assert result.outcome == "updated"
        assert (till.price(ident), till.writes) == (Decimal(15), 1)

    def test_a_write_that_nobody_knows_the_end_of_is_repeated_under_its_key(self, till, pos):
        sku, ident = next(iter(till.products.items()))
        change = Price(sku=sku, price=Decimal(15), currency="EUR")
        till.lose_answers(3)
        with pytest.raises(errors.APIError) as error:
            pos.push_prices([change], key="k-1")

        (result,) = pos.push_prices([change], key="k-1")

        assert error.value.is_retriable
        assert result.outcome in {"updated", "unchanged"}
        assert (till.price(ident), till.writes) == (Decimal(15), 1)

    def test_one_bad_item_spoils_no_other(self, till: Till, pos: PointOfSale):
        guilty = list(till.products)[6]
        till.refuse(till.products[guilty])
        changes = [Price(sku=it, price=Decimal(14), currency="EUR") for it in till.products]

        results = pos.push_prices(changes, key="k-1")

        assert [it.key for it in results if it.outcome == "failed"] == [guilty]
        assert {it.outcome for it in results if it.key != guilty} == {"updated"}
        for sku, ident in till.products.items():
            assert till.price(ident) == (12 if sku == guilty else 14)

    def test_a_product_is_created_once_and_then_known(self, till: Till, pos: PointOfSale):
        kir = Product(name="Kir", sku="KIR", price=Decimal("5.50"), currency="EUR")

        (created,) = pos.push_products([kir], key="k-1")
        (again,) = pos.push_products([kir], key="k-2")
        changed = Product(name="Kir royal", sku="KIR", price=Decimal(8), currency="EUR")
        (updated,) = pos.push_products([changed], key="k-3")

        assert [it.outcome for it in (created, again, updated)] == [
            "created",
            "unchanged",
            "updated",
        ]
        assert {it.external_id for it in (created, again, updated)} == {created.external_id}
        (found,) = [it for it in pos.get_products() if it.sku == "KIR"]
        assert (found.name, found.price) == ("Kir royal", Decimal(8))

    def test_a_promotion_comes_back_as_it_was_pushed(self, till: Till, pos: PointOfSale):
        if not pos.capabilities["push_promotion"]:
            with pytest.raises(errors.NotSupported):
                pos.push_promotion(Promotion(name="x"), key="k")
            return
        pushed = Promotion(
            name="Heure joyeuse",
            percentage=Decimal("12.5"),
            product_ids=(next(iter(till.products.values())),),
            valid_from=date(2026, 12, 1),
            valid_until=date(2026, 12, 24),
        )

        result = pos.push_promotion(pushed, key="k-1")
        (found,) = pos.get_promotions()

        assert (result.outcome, result.external_id) == ("created", found.id)
        assert (found.name, found.percentage, found.product_ids) == (
            pushed.name,
            pushed.percentage,
            pushed.product_ids,
        )
        assert (found.valid_from, found.valid_until) == (pushed.valid_from, pushed.valid_until)
        assert pos.push_promotion(found, key="k-2").outcome == "unchanged"

    def test_refused_credentials_are_an_authentication_error(self, till: Till, pos: PointOfSale):
        till.forget_token()

        with pytest.raises(errors.AuthenticationError) as error:
            pos.connect()

        assert not error.value.is_retriable
        assert till.asked == 1

    def test_a_missing_right_is_named(self, till: Till, pos: PointOfSale):
        till.take_scopes()

        with pytest.raises(errors.ForbiddenError) as error:
            pos.get_locations()

        assert error.value.reason
        assert error.value.reason in str(error.value)

    def test_a_limit_is_obeyed_and_says_when(self, till: Till, pos: PointOfSale):
        till.refuse_once(429, retry_after=7)

        with pytest.raises(errors.RateLimitError) as limited:
            pos.get_locations()
        with pytest.raises(errors.RateLimitError) as still:
            pos.get_locations()

        assert limited.value.retry_after == 7
        assert 0 < (still.value.retry_after or 0) <= 7
        assert till.asked == 1

    def test_threads_may_share_one(self, till: Till, pos: PointOfSale):
        till.sell("T1", closed_at=NOON)

        with ThreadPoolExecutor(8) as threads:
            found = list(
                threads.map(lambda _: list(pos.get_transactions(NOON, NOON + DAY)), range(16))
            )

        assert {len(each) for each in found} == {1}
