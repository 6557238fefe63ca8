"""A shop's days in SQL: a moment's number among days whose bounds Python has computed.

Days of 24 hours are joined as ranges, so that a year is a handful of rows. Joined one by one, a
planner that knows nothing of the table yet multiplies 366 days by all sales.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import CTE, BigInteger, ColumnElement, SQLColumnExpression, and_, column, values
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from db.types import UtcDateTime

Bounds = tuple[datetime, datetime]
"""A day: its first moment, and the next day's."""

DAY = timedelta(days=1)


class Run(NamedTuple):
    """Days of 24 hours one after another, or one of another length, from number ``first`` on.

    ``start`` in seconds is ``origin``, and every ``step`` seconds another day begins.
    """

    first: int
    start: datetime
    stop: datetime
    origin: int
    step: int


def table(days: Sequence[Bounds]) -> CTE:
    """``days``, which follow one another, as rows to join."""
    kinds = {"first": BigInteger, "start": UtcDateTime, "stop": UtcDateTime,
             "origin": BigInteger, "step": BigInteger}  # fmt: skip
    rows = values(*(column(name, kind) for name, kind in kinds.items()), name="days")
    # Named as a CTE: SQLite takes no names for the columns of VALUES elsewhere.
    return rows.data([tuple(run) for run in runs(days)]).cte("days")


def within(run: CTE, moment: SQLColumnExpression[datetime]) -> ColumnElement[bool]:
    """The condition that joins ``moment`` to its row."""
    return and_(moment >= run.c.start, moment < run.c.stop)


def number(run: CTE, moment: SQLColumnExpression[datetime]) -> ColumnElement[int]:
    """Which of the days ``moment`` is in, from 0."""
    day: ColumnElement[int] = run.c.first + (_Seconds(moment) - run.c.origin) // run.c.step
    return day


def runs(days: Sequence[Bounds]) -> Iterator[Run]:
    """``days`` in as few runs as there can be."""
    first = 0
    while first < len(days):
        last, whole = first + 1, _is_whole(days[first])
        while whole and last < len(days) and _is_whole(days[last]):
            last += 1
        start, stop = days[first][0], days[last - 1][1]
        # Of another length: the next day's beginning is further than its end.
        step = DAY if whole else stop - start + DAY
        yield Run(first, start, stop, int(start.timestamp()), int(step.total_seconds()))
        first = last


def _is_whole(day: Bounds) -> bool:
    start, stop = day
    return stop - start == DAY and not start.microsecond


class _Seconds(FunctionElement[int]):
    """Whole seconds since 1970, those of a second that has begun left out."""

    type = BigInteger()
    inherit_cache = True

    def __init__(self, moment: SQLColumnExpression[datetime]) -> None:
        super().__init__(moment)


@compiles(_Seconds)
def _compile(element: _Seconds, compiler: SQLCompiler, **kw: object) -> str:
    moment = compiler.process(element.clauses, **kw)
    if compiler.dialect.name == "sqlite":
        return f"CAST(strftime('%s', {moment}) AS INTEGER)"
    return f"CAST(floor(extract(epoch FROM {moment})) AS BIGINT)"
