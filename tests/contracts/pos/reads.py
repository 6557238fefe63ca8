"""What every vendor of tills keeps, whatever was sold there: these checks only read.

They hold for a person's own account as well (``live``), and for a recorded one (``recorded``).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from inspect import Parameter, signature
from zoneinfo import ZoneInfo

import pytest

from connectors import currencies, errors
from connectors.families import PointOfSale, Transaction
from tests.contracts.pos.till import Account

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
MOST = 200
"""Transactions that a check looks at."""

needs = pytest.mark.needs


def sold(pos: PointOfSale, account: Account, location: str | None = None) -> list[Transaction]:
    """The first of what was sold in the account's period."""
    walk = pos.get_transactions(*account.period, location=location)
    return list(itertools.islice(walk, MOST))


def call(operation: Callable[..., object]) -> object:
    """What ``operation`` makes of nothing at all."""
    given = [it for it in signature(operation).parameters.values() if it.default is Parameter.empty]
    named = {it.name: "k" for it in given if it.kind is Parameter.KEYWORD_ONLY}
    return operation(*[None for it in given if it.kind is Parameter.POSITIONAL_OR_KEYWORD], **named)


class Reads:
    """The part of the suite that reads; a fixture ``account`` says of whom."""

    @pytest.fixture
    def pos(self, account: Account):
        with account.connector() as opened:
            yield opened

    def test_what_it_can_do_is_known_without_asking(self, account: Account, pos: PointOfSale):
        assert tuple(pos.capabilities) == PointOfSale.operations
        assert account.asked == 0

    def test_what_it_lacks_is_refused_and_not_sent(self, account: Account, pos: PointOfSale):
        for operation in [name for name, offered in pos.capabilities.items() if not offered]:
            with pytest.raises(errors.NotSupported):
                call(getattr(pos, operation))

        assert account.asked == 0

    def test_what_is_turned_off_is_refused_and_not_sent(self, account: Account):
        with account.connector(**dict.fromkeys(PointOfSale.operations, False)) as pos:
            assert not any(pos.capabilities.values())
            for operation in PointOfSale.operations:
                with pytest.raises(errors.NotSupported) as error:
                    getattr(pos, operation)([], key="k")
                assert not error.value.is_retriable

        assert account.asked == 0

    @needs("get_locations")
    def test_locations_have_a_zone_and_a_currency(self, pos: PointOfSale):
        locations = pos.get_locations()

        assert len({each.id for each in locations}) == len(locations) > 0
        assert all(ZoneInfo(each.timezone) for each in locations)
        assert all(len(each.currency) == 3 for each in locations)

    @needs("get_transactions")
    def test_something_was_sold_in_the_period(self, account, pos):
        assert sold(pos, account), f"nothing from {account.period[0]} to {account.period[1]}"

    @needs("get_transactions")
    def test_each_transaction_is_of_its_period_and_comes_once(self, account, pos):
        start, end = account.period
        transactions = sold(pos, account)

        assert len({each.id for each in transactions}) == len(transactions)
        for each in transactions:
            assert (each.closed_at is None) == (each.status == "open")
            assert start <= (each.closed_at or each.opened_at) < end

    @needs("get_transactions")
    def test_amounts_are_exact_and_instants_have_a_zone(self, account, pos):
        for each in sold(pos, account):
            exact = Decimal(1).scaleb(-currencies.decimals(each.currency))
            amounts = (each.total, each.tax, each.discount, each.tip, each.refunded)
            lines = [it for item in each.items for it in (item.total, item.tax, item.discount)]
            paid = [it for payment in each.payments for it in (payment.amount, payment.tip)]
            for amount in (*amounts, *lines, *paid):
                assert amount == amount.quantize(exact)
            for item in each.items:
                assert item.quantity == item.quantity.quantize(Decimal("0.00001"))
            for instant in filter(None, (each.opened_at, each.closed_at, each.modified_at)):
                assert instant.utcoffset() == timedelta(0)

    @needs("get_transactions", "get_transaction")
    def test_one_transaction_is_as_in_the_walk(self, account, pos):
        for each in sold(pos, account)[:3]:
            assert pos.get_transaction(each.id) == each
        with pytest.raises(errors.RequestError):
            pos.get_transaction("nobody")

    @needs("get_transactions", "get_locations")
    def test_one_location_alone(self, account, pos):
        everywhere = sold(pos, account)

        for location in pos.get_locations():
            here = sold(pos, account, location.id)
            assert {each.location for each in here} <= {location.id}
            assert {each.currency for each in here} <= {location.currency}
            if len(everywhere) < MOST:
                assert len(here) == sum(each.location == location.id for each in everywhere)

    @needs("get_transactions", "get_locations")
    def test_a_day_begins_at_midnight_where_the_location_is(self, account, pos):
        zones = {each.id: ZoneInfo(each.timezone) for each in pos.get_locations()}

        for each in sold(pos, account)[:3]:
            at = (each.closed_at or each.opened_at).astimezone(zones[each.location])
            walk = pos.get_transactions(at.date(), at.date() + DAY, location=each.location)
            assert each.id in {it.id for it in walk}

    @needs("get_transactions")
    def test_an_instant_without_a_zone_is_this_machine_s_time(self, account, pos):
        start, end = (it.astimezone().replace(tzinfo=None) for it in account.period)

        walk = itertools.islice(pos.get_transactions(start, end), MOST)

        assert [it.id for it in walk] == [it.id for it in sold(pos, account)]

    @needs("get_transactions")
    def test_in_a_period_without_length_nothing_is_sold(self, account, pos):
        start, _ = account.period

        assert list(pos.get_transactions(start, start)) == []
        assert list(pos.get_transactions(start.date(), start.date())) == []

    @needs("get_transactions")
    def test_a_period_that_cannot_be_is_refused(self, account, pos):
        start, end = account.period
        with pytest.raises(ValueError, match="end_date"):
            pos.get_transactions(end, start)
        with pytest.raises(ValueError, match="status"):
            pos.get_transactions(start, end, "paid")

        assert account.asked == 0

    @needs("get_products")
    def test_a_product_that_has_a_price_has_its_currency(self, pos):
        products = list(itertools.islice(pos.get_products(), MOST))

        assert len({each.id for each in products}) == len(products)
        for each in products:
            assert each.id
            assert each.price is None or (isinstance(each.price, Decimal) and each.currency)

    @needs("get_products")
    def test_products_that_changed_are_those_that_changed_since(self, pos):
        known = [it.modified_at for it in itertools.islice(pos.get_products(), MOST)]
        since = max(filter(None, known)) if any(known) else datetime.now().astimezone()

        changed = itertools.islice(pos.get_products(updated_since=since + SECOND), MOST)

        assert [it.id for it in changed if it.modified_at and it.modified_at <= since] == []

    @needs("get_promotions")
    def test_a_promotion_takes_off_a_part_or_an_amount(self, pos):
        for each in pos.get_promotions():
            assert each.id
            assert each.percentage is None or 0 <= each.percentage <= 100
            assert each.amount is None or each.currency

    @needs("get_transactions")
    def test_threads_may_share_one(self, account, pos):
        once = [each.id for each in sold(pos, account)]

        with ThreadPoolExecutor(4) as threads:
            walks = list(threads.map(lambda _: sold(pos, account), range(8)))

        assert [[each.id for each in walk] for walk in walks] == [once] * 8
