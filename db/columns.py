"""Rows given as columns of Python values, written by the driver: each as its column's type has it.

Values of JSON columns are JSON texts already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from typing import cast

from sqlalchemy import JSON, Column, Dialect, Table
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from db import bulk
from db.models.base import Base

Columns = Mapping[str, Sequence[object]]
"""Values by the column's name, one a row."""


def insert(
    session: Session, model: type[Base], columns: Columns, constants: Mapping[str, object]
) -> None:
    """Insert rows; ``constants`` are the same in every row."""
    rows = _rows(session, model, columns, constants)
    bulk.insert(session, model, [*columns, *constants], rows)


def update(
    session: Session,
    model: type[Base],
    ids: Sequence[int],
    columns: Columns,
    constants: Mapping[str, object],
) -> None:
    """Set columns of the rows with these ids; ``constants`` are the same in every row."""
    rows = _rows(session, model, {"id": ids, **columns}, constants)
    news = [(*values, ident) for ident, *values in rows]
    bulk.update(session, model, [*columns, *constants], news)


def _rows(
    session: Session, model: type[Base], columns: Columns, constants: Mapping[str, object]
) -> list[tuple[object, ...]]:
    """Rows of values as the driver wants them."""
    dialect, table = session.get_bind().dialect, cast("Table", model.__table__)
    try:
        bound = [_bound(dialect, table.c[name], values) for name, values in columns.items()]
        bound += [
            repeat(*_bound(dialect, table.c[name], [value])) for name, value in constants.items()
        ]
        # What is repeated has no end; the first column has one.
        return list(zip(*bound, strict=False))
    except (ValueError, ArithmeticError) as error:
        # As SQLAlchemy raises it for a value that no statement can carry.
        raise StatementError(str(error), f"of {table.name}", None, error) from error


def _bound(dialect: Dialect, column: Column[object], values: Sequence[object]) -> Iterable[object]:
    """The column's values for the driver."""
    process = _process(dialect, column)
    return values if process is None else map(process, values)


# Making one takes as long as a page's values.
@lru_cache(maxsize=1024)
def _process(dialect: Dialect, column: Column[object]) -> Callable[[object], object] | None:
    if isinstance(column.type, JSON):
        return None
    implementation = column.type.dialect_impl(dialect)
    process: Callable[[object], object] | None = implementation.bind_processor(dialect)
    return process
