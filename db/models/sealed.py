"""Columns that are sealed at rest, and the marks by which their values are compared.

Writing and key rotation read these declarations: a declared column needs no other list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any, NamedTuple

from sqlalchemy import Table, Text
from sqlalchemy.orm import mapped_column
from sqlalchemy.sql.elements import NamedColumn

from core.document import Json

SEALED, PERSONAL, MARK = "sealed", "personal", "mark"

Sealed = Annotated[str, mapped_column(Text, info={SEALED: True})]
"""What ``core.crypto.seal`` made."""
Personal = Annotated[str, mapped_column(Text, info={SEALED: True, PERSONAL: True})]
"""What ``core.personal.conceal`` made: sealed, unless ``SEAL_PERSONAL_DATA`` is false."""


class Mark(NamedTuple):
    """How a column follows from ``column`` of its table, in the clear: equal for equal values."""

    column: str
    make: Callable[[str | None], str | None]


def mark(column: str, make: Callable[[str | None], str | None]) -> Json:
    """The ``info`` of a column that keeps the mark of the sealed ``column``."""
    return {MARK: Mark(column, make)}


def is_sealed(column: NamedColumn[Any]) -> bool:
    """Whether the column keeps sealed values."""
    return SEALED in column.info


def is_personal(column: NamedColumn[Any]) -> bool:
    """Whether the column keeps what ``personal.conceal`` makes."""
    return PERSONAL in column.info


def marks(table: Table) -> Iterator[tuple[str, Mark]]:
    """The table's columns that keep marks, by name."""
    for column in table.columns:
        if MARK in column.info:
            yield column.name, column.info[MARK]
