"""Sessions: a transaction is whole or nothing, writers take turns, errors keep secrets."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from db.catalogue.shops import add, every
from db.models import Shop
from db.session import glancing, reading, writing


def test_what_fails_is_not_written_at_all(store):
    def fail() -> None:
        with writing() as session:
            add(session, name="Boutique")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    with reading() as session:
        assert every(session) == []


def test_who_reads_writes_nothing(store):
    with reading() as session:
        add(session, name="Boutique")

    with reading() as session:
        assert every(session) == []


def test_a_glance_opens_no_transaction_on_postgresql_and_leaves_none_without_one(store):
    def state():
        raw: Any = session.connection().connection.dbapi_connection
        return raw.info.transaction_status.name if hasattr(raw, "info") else "SQLite"

    with glancing() as session:
        assert every(session) == []
        assert state() in {"IDLE", "SQLite"}
    # The same connection, out of the pool.
    with reading() as session:
        add(session, name="Boutique")
        assert state() in {"INTRANS", "SQLite"}
    with glancing() as session:
        assert every(session) == []


def test_an_error_does_not_say_what_was_written(store):
    with pytest.raises(DBAPIError) as told, writing() as session:
        session.execute(text("INSERT INTO nowhere (name) VALUES (:name)"), {"name": "s3cr3t"})

    assert "nowhere" in str(told.value)
    assert "s3cr3t" not in str(told.value)


def test_forty_writers_lose_nothing(store):
    def count_up(_: int) -> None:
        with writing() as session:
            shop = session.scalars(select(Shop).with_for_update()).one()
            shop.name = str(int(shop.name) + 1)

    with writing() as session:
        add(session, name="0")
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(count_up, range(40)))

    with reading() as session:
        assert session.scalar(select(func.max(Shop.name))) == "40"
