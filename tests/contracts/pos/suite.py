"""What every vendor of tills keeps, held over its real wire against its stand-in.

A vendor's module inherits ``Contract`` and gives the fixture ``till``; one whose stand-in only has
a recording inherits ``recorded.Recorded``, a part of this.
"""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from connectors import errors
from connectors.families import PointOfSale, Price, Product, Promotion, Status
from tests.contracts.pos.reads import DAY, SECOND, needs
from tests.contracts.pos.refusals import Refusals
from tests.contracts.pos.till import Sold, Till

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")


class Contract(Refusals):
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

    @pytest.fixture
    def account(self, till: Till):
        """The till, for what holds of anybody's: with a day on which something was sold."""
        start, _ = till.period
        for number, state in enumerate(get_args(Status)):
            till.sell(f"T{number}", closed_at=start + number * SECOND, state=state)
        till.sell("tokyo", closed_at=start + DAY / 2, at="T", lines=(Sold(price="1200"),))
        return till

    @needs("get_locations")
    def test_each_location_has_its_own_zone_and_currency(self, till: Till, pos: PointOfSale):
        found = {each.id: each for each in pos.get_locations()}

        assert found[till.locations["A"]].timezone == "Europe/Paris"
        assert found[till.locations["T"]].currency == "JPY"

    @needs("get_transactions")
    def test_a_period_has_its_start_and_not_its_end(self, till: Till, pos: PointOfSale):
        for name, at in {"first": NOON, "last": NOON + DAY - SECOND, "next": NOON + DAY}.items():
            till.sell(name, closed_at=at)
        till.sell("before", closed_at=NOON - SECOND)

        found = pos.get_transactions(start_date=NOON, end_date=NOON + DAY, status="completed")

        assert [each.id for each in found] == ["first", "last"]

    @needs("get_transactions")
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

    @needs("get_transactions")
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

    @needs("get_transactions")
    def test_each_status_is_found_by_its_own_instant(self, till: Till, pos: PointOfSale):
        for state in get_args(Status):
            till.sell(state, closed_at=NOON, state=state)

        for state in get_args(Status):
            (found,) = pos.get_transactions(NOON, NOON + DAY, status=state)
            assert (found.id, found.status) == (state, state)
            assert (found.closed_at is None) == (state == "open")
        assert len(list(pos.get_transactions(NOON, NOON + DAY))) == 3

    @needs("get_transactions")
    def test_a_currency_without_cents(self, till: Till, pos: PointOfSale):
        till.sell("paris", closed_at=NOON)
        till.sell("tokyo", closed_at=NOON, at="T", lines=(Sold(price="1200"),))

        (found,) = pos.get_transactions(NOON, NOON + DAY, location=till.locations["T"])

        assert (found.id, found.currency, found.total) == ("tokyo", "JPY", Decimal(1200))

    @needs("get_transactions")
    def test_a_quantity_has_five_decimals(self, till: Till, pos: PointOfSale):
        till.sell("T1", closed_at=NOON, lines=(Sold(quantity="0.12345", price="20.00"),))

        (sale,) = pos.get_transactions(NOON, NOON + DAY)

        assert sale.items[0].quantity == Decimal("0.12345")
        assert sale.items[0].total == Decimal("2.47")

    @needs("get_transactions")
    def test_an_order_of_five_hundred_lines(self, till: Till, pos: PointOfSale):
        till.sell("T1", closed_at=NOON, lines=[Sold(name=f"Plat {n}") for n in range(500)])

        (sale,) = pos.get_transactions(NOON, NOON + DAY)

        assert [item.name for item in sale.items] == [f"Plat {n}" for n in range(500)]
        assert sale.total == 6000

    @needs("get_transactions")
    def test_an_empty_day(self, pos: PointOfSale):
        assert list(pos.get_transactions(NOON.date(), NOON.date() + DAY)) == []

    @needs("get_transactions")
    @pytest.mark.parametrize(
        ("day", "hours"),
        [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)],
        ids=["spring", "autumn"],
    )
    def test_a_day_is_the_location_s_own(self, till: Till, pos: PointOfSale, day: date, hours: int):
        midnight = datetime.combine(day, datetime.min.time(), PARIS).astimezone(UTC)
        end = midnight + timedelta(hours=hours)
        instants = [midnight - SECOND, midnight, end - SECOND, end]
        for number, at in enumerate(instants):
            till.sell(f"P{number}", closed_at=at)

        found = pos.get_transactions(day, day + DAY, location=till.locations["A"])

        assert [each.id for each in found] == ["P1", "P2"]

    @needs("get_transactions")
    def test_a_long_walk_comes_page_by_page_and_each_once(self, till: Till, pos: PointOfSale):
        for number in range(1203):
            till.sell(f"T{number:04}", closed_at=NOON + number * SECOND)

        walk = pos.get_transactions(NOON, NOON + DAY, "completed", till.locations["A"])
        first = list(itertools.islice(walk, 10))
        asked = till.asked
        rest = list(walk)

        assert asked == 1
        assert [it.id for it in first + rest] == [f"T{number:04}" for number in range(1203)]

    @needs("get_products")
    def test_products_have_a_price_and_those_that_change_are_found(self, till, pos):
        sku, ident = next(iter(till.products.items()))
        everything = {each.id: each for each in pos.get_products()}
        assert set(everything) == set(till.products.values())
        assert (everything[ident].sku, everything[ident].price) == (sku, 12)
        since = max(each.modified_at for each in everything.values()) + SECOND

        till.reprice(ident, "13.00")

        assert {it.id: it.price for it in pos.get_products(updated_since=since)} == {ident: 13}

    @needs("push_prices")
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

    @needs("push_prices", "get_products")
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

    @needs("push_prices")
    def test_a_write_whose_answer_is_lost_is_done_once(self, till: Till, pos: PointOfSale):
        sku, ident = next(iter(till.products.items()))
        till.lose_answers(2)

        (result,) = pos.push_prices([Price(sku=sku, price=Decimal(15), currency="EUR")], key="k-1")

        assert result.outcome == "updated"
        assert (till.price(ident), till.writes) == (Decimal(15), 1)

    @needs("push_prices")
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

    @needs("push_prices")
    def test_one_bad_item_spoils_no_other(self, till: Till, pos: PointOfSale):
        guilty = list(till.products)[6]
        till.refuse(till.products[guilty])
        changes = [Price(sku=it, price=Decimal(14), currency="EUR") for it in till.products]

        results = pos.push_prices(changes, key="k-1")

        assert [it.key for it in results if it.outcome == "failed"] == [guilty]
        assert {it.outcome for it in results if it.key != guilty} == {"updated"}
        for sku, ident in till.products.items():
            assert till.price(ident) == (12 if sku == guilty else 14)

    @needs("push_products", "get_products")
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

    @needs("push_promotion", "get_promotions")
    def test_a_promotion_comes_back_as_it_was_pushed(self, till: Till, pos: PointOfSale):
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
