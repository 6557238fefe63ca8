"""Sums of money that are exact however large they grow.

SQLite adds integers of 64 bits and gives up beyond, where ten sales of the largest amount may lead.
"""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import Dialect, Numeric, SQLColumnExpression, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

_HALF = 10**9


class _Total(TypeDecorator[Decimal]):
    """A sum of ``Money``; SQLite gives it as the sums of the high and of the low digits."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str] | TypeEngine[Decimal]:
        """NUMERIC, on SQLite text."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String())
        return dialect.type_descriptor(Numeric())

    def process_result_value(self, value: str | Decimal | None, dialect: Dialect) -> Decimal | None:
        """Four decimals, as each amount has."""
        if not isinstance(value, str):
            return value
        high, low = value.split(" ")
        return Decimal(int(high) * _HALF + int(low)).scaleb(-4)


class total(FunctionElement[Decimal]):  # noqa: N801, it reads as the SQL function it is
    """The exact sum of a column of ``Money``; None over no rows."""

    type = _Total()
    inherit_cache = True

    def __init__(self, column: SQLColumnExpression[Decimal]) -> None:
        super().__init__(column)


@compiles(total)
def _compile(element: total, compiler: SQLCompiler, **kw: object) -> str:
    column = compiler.process(element.clauses, **kw)
    if compiler.dialect.name != "sqlite":
        return f"sum({column})"
    # Division and remainder go towards zero, so that both halves have the amount's sign.
    return f"(sum({column} / {_HALF}) || ' ' || sum({column} % {_HALF}))"
