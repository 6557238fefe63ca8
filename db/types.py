"""Column types that mean the same on SQLite and PostgreSQL, and the database's own clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import ClassVar

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

_DIGITS = 18
_IN_WORDS = {4: "four", 5: "five"}

BigId = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite gives ids by itself only to a column that is INTEGER to the letter."""


def to_units(amount: Decimal) -> int:
    """``amount`` in ten-thousandths, a sum of any size; ValueError when it has more than four
    decimals or is NaN.
    """
    return _units(amount, 4, "an amount of money")


def _units(number: Decimal, decimals: int, name: str) -> int:
    if not number.is_finite():
        raise ValueError(f"{name} must be finite")
    whole = int(number.scaleb(decimals))
    # Compared so, for scaling rounds what has more digits than a Decimal's context.
    if Decimal(whole).scaleb(-decimals) != number:
        raise ValueError(f"{name} has at most {_IN_WORDS[decimals]} decimals")
    return whole


def to_text(moment: datetime) -> str:
    """A moment as SQLite keeps it: UTC, to the millisecond, sortable as text."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "milliseconds")


def to_moment(value: str | datetime) -> datetime:
    """What SQLite keeps, or PostgreSQL's driver gives, as an aware moment in UTC."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value.astimezone(UTC)


class Fixed(TypeDecorator[Decimal]):
    """``Decimal`` always, with so many decimals: NUMERIC, on SQLite an INTEGER of its units."""

    impl = Numeric
    cache_ok = True
    decimals: ClassVar[int]
    name: ClassVar[str]

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[int] | TypeEngine[Decimal]:
        """INTEGER or NUMERIC(18, decimals)."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(Numeric(_DIGITS, self.decimals))

    def bind_processor(self, dialect: Dialect) -> Callable[[Decimal | None], object] | None:
        """On SQLite the shortest way to what ``process_bind_param`` gives."""
        return self._shortest() if dialect.name == "sqlite" else super().bind_processor(dialect)

    def _shortest(self) -> Callable[[Decimal | None], int | None]:
        # A page binds each of its prices twice, and a catalogue has far fewer of them than
        # products.
        known = lru_cache(maxsize=4096)(self._units)

        def units(number: Decimal | None) -> int | None:
            try:
                return known(number)
            except TypeError:
                # A signaling NaN has no hash.
                return self._units(number)

        return units

    def _units(self, number: Decimal | None) -> int | None:
        if number is None:
            return None
        exact = Decimal(number)
        if exact.is_finite() and exact.adjusted() >= _DIGITS - self.decimals:
            raise ValueError(f"{self.name} has at most {_DIGITS} digits")
        return _units(exact, self.decimals, self.name)

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | Decimal | None:
        """Refuses NaN and one decimal too many before the database could round it."""
        units = self._units(value)
        return units if dialect.name == "sqlite" else value

    def process_result_value(self, value: int | Decimal | None, dialect: Dialect) -> Decimal | None:
        """As many decimals as the column has."""
        if value is None:
            return None
        sqlite = dialect.name == "sqlite"
        return Decimal(value).scaleb(-self.decimals) if sqlite else Decimal(value)


class Money(Fixed):
    """An amount of money: NUMERIC(18,4), on SQLite an INTEGER of ten-thousandths."""

    cache_ok = True
    decimals = 4
    name = "an amount of money"


class Quantity(Fixed):
    """How much, in pieces, kilograms or percent: NUMERIC(18,5), on SQLite an INTEGER of
    hundred-thousandths.
    """

    cache_ok = True
    decimals = 5
    name = "a quantity"


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
