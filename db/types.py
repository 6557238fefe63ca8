"""Column types that mean the same on SQLite and PostgreSQL, and the database's own clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Float,
    Integer,
    Numeric,
    String,
    bindparam,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

BigId = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite gives ids by itself only to a column that is INTEGER to the letter."""


def to_units(amount: Decimal) -> int:
    """``amount`` in ten-thousandths; ValueError when it has more than four decimals or is NaN."""
    if not amount.is_finite():
        raise ValueError("an amount of money must be finite")
    units = amount.scaleb(4)
    whole = int(units)
    if units != whole:
        raise ValueError("an amount of money has at most four decimals")
    return whole


# A page binds each of its prices twice, and a catalogue has far fewer of them than products.
@lru_cache(maxsize=4096)
def _known_units(amount: Decimal | None) -> int | None:
    return None if amount is None else to_units(Decimal(amount))


def _bound_units(amount: Decimal | None) -> int | None:
    try:
        return _known_units(amount)
    except TypeError:
        # A signaling NaN has no hash.
        return to_units(Decimal(amount or 0))


def to_text(moment: datetime) -> str:
    """A moment as SQLite keeps it: UTC, to the millisecond, sortable as text."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "milliseconds")


def to_moment(value: str | datetime) -> datetime:
    """What SQLite keeps, or PostgreSQL's driver gives, as an aware moment in UTC."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value.astimezone(UTC)


class Money(TypeDecorator[Decimal]):
    """``Decimal`` always: NUMERIC(18,4), on SQLite an INTEGER of ten-thousandths."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[int] | TypeEngine[Decimal]:
        """INTEGER or NUMERIC(18,4)."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(Numeric(18, 4))

    def bind_processor(self, dialect: Dialect) -> Callable[[Decimal | None], object] | None:
        """On SQLite the shortest way to what ``process_bind_param`` gives."""
        return _bound_units if dialect.name == "sqlite" else super().bind_processor(dialect)

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | Decimal | None:
        """Refuses NaN and a fifth decimal before the database could round it."""
        if value is None:
            return None
        units = to_units(Decimal(value))
        return units if dialect.name == "sqlite" else value

    def process_result_value(self, value: int | Decimal | None, dialect: Dialect) -> Decimal | None:
        """Four decimals, as the column has."""
        if value is None:
            return None
        return Decimal(value).scaleb(-4) if dialect.name == "sqlite" else Decimal(value)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC moments; a naive one is a mistake and is refused."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str] | TypeEngine[datetime]:
        """TIMESTAMPTZ, on SQLite text that sorts."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(23))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | datetime | None:
        """Aware only."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return to_text(value) if dialect.name == "sqlite" else value

    def process_result_value(
        self, value: str | datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Aware, in UTC."""
        if value is None:
            return None
        return to_moment(value)


class db_now(FunctionElement[datetime]):  # noqa: N801, it reads as the SQL function it is
    """The database's clock, ``seconds`` from now: workers' clocks may disagree, this one cannot."""

    type = UtcDateTime()
    inherit_cache = True

    def __init__(self, seconds: float = 0) -> None:
        super().__init__(bindparam(None, float(seconds), type_=Float))


def now_text(dialect: str, seconds: str) -> str:
    """``db_now`` as SQL; ``seconds`` is SQL too."""
    if dialect == "sqlite":
        return f"strftime('%Y-%m-%d %H:%M:%f', 'now', {seconds} || ' seconds')"
    return f"(clock_timestamp() + make_interval(secs => {seconds}))"


@compiles(db_now)
def _compile_now(element: db_now, compiler: SQLCompiler, **kw: object) -> str:
    return now_text(compiler.dialect.name, compiler.process(element.clauses, **kw))
