"""Statements that every page runs, by the driver itself, in the session's transaction.

The caller hands values as the driver wants them: see ``Codec``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from db.models.base import Base
from db.types import db_now, now_text, to_text

AT_ONCE = 5000
"""Keys in one statement. A database counts parameters: PostgreSQL to 65,535, SQLite to 32,766."""

K = TypeVar("K")

Found = tuple[Any, ...]
"""A row as the driver gives it: its values in the order of the statement's columns."""


class Codec:
    """How this session's driver wants money and moments."""

    def __init__(self, session: Session) -> None:
        self.sqlite = session.get_bind().dialect.name == "sqlite"

    def money(self, units: int) -> int | Decimal:
        """``units`` are ten-thousandths."""
        return units if self.sqlite else amount(units)

    def moment(self, moment: datetime) -> str | datetime:
        """Text on SQLite, a datetime on PostgreSQL."""
        return to_text(moment) if self.sqlite else moment


def amount(units: int) -> Decimal:
    """Ten-thousandths as an amount of money."""
    return Decimal(units).scaleb(-4)


def now(session: Session) -> datetime:
    """The database's clock."""
    return session.execute(select(db_now())).scalar_one()


def reserve_ids(session: Session, model: type[Base], count: int) -> Sequence[int]:
    """``count`` fresh ids of ``model``'s table; nobody else gets them.

    SQLite has one writer at a time, and rows of these tables are never deleted, so the ids above
    the highest are ours until the transaction ends.
    """
    connection, table = session.connection(), model.__tablename__
    if connection.dialect.name == "sqlite":
        # The table's name is ours, from the model; no value is ever part of the statement.
        cursor = _run(connection, f"SELECT coalesce(max(id), 0) FROM {table}", ())  # noqa: S608, see above
        first = cursor.fetchone()[0] + 1
        return range(first, first + count)
    rows = _run(
        connection,
        "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
        (table, count),
    )
    return [row[0] for row in rows]


def insert(
    session: Session, model: type[Base], columns: Sequence[str], rows: Sequence[tuple[object, ...]]
) -> None:
    """Insert ``rows`` (tuples in the order of ``columns``) in one call to the driver.

    COPY takes half of executemany's time on PostgreSQL and a fifth of this process's.
    """
    if not rows:
        return
    connection, names = session.connection(), ", ".join(columns)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        text = f"INSERT INTO {model.__tablename__} ({names}) VALUES ({marks})"  # noqa: S608, as above
        with _driver_connection(connection, text) as driver:
            driver.executemany(text, rows)
    else:
        text = f"COPY {model.__tablename__} ({names}) FROM STDIN"
        with (
            _driver_connection(connection, text) as driver,
            driver.cursor() as cursor,
            cursor.copy(text) as copy,
        ):
            for row in rows:
                copy.write_row(row)


def update(
    session: Session, model: type[Base], columns: Sequence[str], rows: Sequence[tuple[object, ...]]
) -> None:
    """Set ``columns`` of many rows in one call to the driver; the last value of a row is its id."""
    if not rows:
        return
    connection = session.connection()
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    news = ", ".join(f"{name} = {mark}" for name in columns)
    text = f"UPDATE {model.__tablename__} SET {news} WHERE id = {mark}"  # noqa: S608, as above
    with _driver_connection(connection, text) as driver:
        driver.cursor().executemany(text, rows)


def set_numbers(
    session: Session, model: type[Base], column: str, values: Mapping[int, int], at: datetime
) -> None:
    """Set ``column`` of many rows, a whole number by id, and ``updated_at``, in one call."""
    if not values:
        return
    connection, table, codec = session.connection(), model.__tablename__, Codec(session)
    ids = sorted(values)
    if codec.sqlite:
        text = f"UPDATE {table} SET {column} = ?, updated_at = ? WHERE id = ?"  # noqa: S608, our own names
        with _driver_connection(connection, text) as driver:
            driver.executemany(text, [(values[ident], codec.moment(at), ident) for ident in ids])
        return
    text = (
        f"UPDATE {table} SET {column} = new.value, updated_at = %s "  # noqa: S608, as above
        f"FROM unnest(%s::bigint[], %s::bigint[]) AS new (id, value) WHERE {table}.id = new.id"
    )
    _run(connection, text, (at, ids, [values[ident] for ident in ids]))


def parts(keys: Collection[K]) -> Iterator[list[K]]:
    """``keys`` in parts small enough for one statement; none for no keys."""
    every = list(keys)
    for start in range(0, len(every), AT_ONCE):
        yield every[start : start + AT_ONCE]


def select_among(
    session: Session, text: str, values: Sequence[object], keys: Collection[object]
) -> Sequence[Found]:
    """Rows of ``text``: its ``?`` stand for ``values``, its last ``IN ?*`` for all of ``keys``."""
    rows: list[Found] = []
    for part in parts(keys):
        rows += _run_among(session, text, values, part).fetchall()
    return rows


def update_among(
    session: Session, text: str, values: Sequence[object], keys: Collection[object]
) -> None:
    """As ``select_among`` for a statement that returns nothing."""
    for part in parts(keys):
        _run_among(session, text, values, part)


def row(session: Session, text: str, values: Sequence[object]) -> Any:
    """The one row that ``text`` gives, or None: its ``?`` stand for ``values``, ``{now}`` for the
    database's clock, ``{later}`` for this clock and as many seconds as its own ``?`` gives.
    """
    connection = session.connection()
    dialect = connection.dialect.name
    text = text.format(now=now_text(dialect, "0"), later=now_text(dialect, "?"))
    text = text if dialect == "sqlite" else text.replace("?", "%s")
    rows = _run(connection, text, values).fetchall()
    return rows[0] if rows else None


def _run_among(session: Session, text: str, values: Sequence[object], keys: list[object]) -> Any:
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        text = text.replace("IN ?*", f"IN ({','.join('?' * len(keys))})")
        return _run(connection, text, (*values, *keys))
    text = text.replace("IN ?*", "= ANY(%s)").replace("?", "%s")
    return _run(connection, text, (*values, keys))


def _run(connection: Connection, text: str, values: Sequence[object]) -> Any:
    """The driver's cursor after one statement."""
    with _driver_connection(connection, text) as driver:
        return driver.execute(text, values)


@contextmanager
def _driver_connection(connection: Connection, text: str) -> Iterator[Any]:
    """The driver's own connection, for ``text``, in the transaction of ``connection``.

    Around a statement of a hundred keys SQLAlchemy takes as long as the database, seven times a
    page. Callers catch SQLAlchemy's errors, so the driver's are raised as these.
    """
    error_type: type[Exception] = connection.dialect.loaded_dbapi.Error
    try:
        yield connection.connection.driver_connection
    except error_type as error:
        raise DBAPIError.instance(
            text, None, error, error_type, dialect=connection.dialect
        ) from error
