"""Column types: money is exact, moments are aware, and nothing else gets in."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, insert, select, text
from sqlalchemy.exc import DBAPIError, StatementError

from db import bulk
from db.models import Product, Shop
from db.session import engine, reading, writing
from db.types import Quantity, db_now, to_text, to_units

AMOUNTS = st.decimals(0, 10**9, places=4, allow_nan=False, allow_infinity=False)
STORED = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def keep(price: object) -> Decimal:
    """The price as the store gives it back."""
    with writing() as session:
        product = session.scalars(
            insert(Product).values(title="Riz", price=price).returning(Product)
        ).one()
        return product.price


def product() -> int:
    """A product; its id."""
    with writing() as session:
        return session.scalars(
            insert(Product).values(title="Riz", price=Decimal(1)).returning(Product.id)
        ).one()


@STORED
@given(AMOUNTS)
def test_an_amount_comes_back_as_it_went(store, amount):
    assert keep(amount) == amount


@pytest.mark.parametrize("written", ["0.10", "19.99", "0.0001", "1000000000", "12"])
def test_an_amount_has_four_decimals(store, written):
    found = keep(Decimal(written))

    assert type(found) is Decimal
    assert str(found) == f"{Decimal(written):.4f}"


def test_amounts_add_up_in_the_database(store):
    with writing() as session:
        for _ in range(3):
            session.execute(insert(Product).values(title="Riz", price=Decimal("0.1")))
    with reading() as session:
        total = session.scalar(text("SELECT sum(price) FROM products"))

    on_sqlite = engine().dialect.name == "sqlite"
    assert total == (3000 if on_sqlite else Decimal("0.3"))


@pytest.mark.parametrize("wrong", ["NaN", "sNaN", "Infinity", "-Infinity", "1.00001"])
def test_what_is_no_amount_is_refused_before_the_database_sees_it(store, wrong):
    with pytest.raises(StatementError, match="an amount of money"):
        keep(Decimal(wrong))


@pytest.mark.parametrize("wrong", [Decimal(-1), Decimal(10**13 + 1)])
def test_an_amount_that_is_no_price_is_refused_by_the_database(store, wrong):
    with pytest.raises(DBAPIError, match="price"):
        keep(wrong)


def test_the_database_refuses_nan_from_whoever_writes_it(store):
    ident = product()
    nan = "'NaN'" if engine().dialect.name == "postgresql" else "9e999"

    with pytest.raises(DBAPIError, match="price"), writing() as session:
        session.execute(text(f"UPDATE products SET price = {nan} WHERE id = {ident}"))  # noqa: S608 - ours


@given(AMOUNTS)
def test_units_are_ten_thousandths(amount):
    assert bulk.amount(to_units(amount)) == amount


def test_a_naive_moment_is_refused(store):
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - the fact

    with pytest.raises(StatementError, match="a moment needs a time zone"), writing() as session:
        session.execute(insert(Shop).values(name="Boutique", created_at=naive))


@pytest.mark.parametrize("hours", [0, 2, -11])
def test_a_moment_comes_back_aware_and_in_utc(store, hours):
    moment = datetime(2026, 6, 1, 23, 30, 15, 250_000, tzinfo=timezone(timedelta(hours=hours)))
    with writing() as session:
        shop = Shop(name="Boutique", created_at=moment)
        session.add(shop)
        session.flush()
        ident = shop.id
    with reading() as session:
        found = session.get_one(Shop, ident).created_at

    assert found == moment
    assert found.tzinfo is UTC


def test_moments_sort_as_text():
    first, step = datetime(2026, 1, 1, tzinfo=UTC), timedelta(milliseconds=997)
    moments = [first + n * step for n in range(50)]

    assert sorted(map(to_text, moments)) == list(map(to_text, moments))


def test_the_database_has_its_own_clock(store):
    with reading() as session:
        now, later, before = session.execute(select(db_now(), db_now(3600), db_now(-0.5))).one()

    assert abs((datetime.now(UTC) - now).total_seconds()) < 60
    assert timedelta(minutes=59) < later - now < timedelta(minutes=61)
    assert timedelta(0) < now - before < timedelta(seconds=1)


def test_the_database_s_clock_moves_within_a_transaction(store):
    with reading() as session:
        first = bulk.now(session)
        while bulk.now(session) == first:
            pass
        assert bulk.now(session) > first


QUANTITIES = st.decimals(-(10**9), 10**9, places=5, allow_nan=False, allow_infinity=False)
SCALE = Table("scale", MetaData(), Column("weight", Quantity()))


def weigh(weight: Decimal) -> Decimal:
    """The quantity as the store gives it back."""
    with engine().begin() as connection:
        SCALE.drop(connection, checkfirst=True)
        SCALE.create(connection)
        connection.execute(insert(SCALE).values(weight=weight))
        kept: Decimal = connection.execute(select(SCALE.c.weight)).scalar_one()
        return kept


@STORED
@given(QUANTITIES)
def test_a_quantity_comes_back_as_it_went(store, weight):
    assert weigh(weight) == weight


@pytest.mark.parametrize("written", ["0.12345", "-0.12345", "0.00001", "9999999999999.99999"])
def test_a_quantity_has_five_decimals(store, written):
    assert str(weigh(Decimal(written))) == written


@pytest.mark.parametrize(
    "wrong",
    [
        "0.123456", "1.000000000000000000000000000000001", "10000000000000", "-1E+13", "1E+400",
        "NaN", "sNaN", "Infinity",
    ],
)  # fmt: skip
def test_what_is_no_quantity_is_refused_before_the_database_could_round_it(store, wrong):
    with pytest.raises(StatementError, match="a quantity"):
        weigh(Decimal(wrong))
