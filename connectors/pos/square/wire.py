"""Square's kinds of value: money in minor units, quantities as text, lists that may be none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StringConstraints,
)

from connectors import currencies
from connectors.errors import AnswerError

T = TypeVar("T")

Quantity = Annotated[Decimal, Field(max_digits=15, decimal_places=5)]
Instant = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
"""RFC 3339, in UTC."""
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


def _listed(value: object) -> object:
    if value is None:
        return ()
    return (value,) if isinstance(value, Mapping) else value


Listed = Annotated[tuple[T, ...], BeforeValidator(_listed)]
"""A list; null is an empty one, and an object alone is a list of one."""


class Wire(BaseModel):
    """A part of a record. Fields we do not name are ignored; an error never quotes a value."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Money(Wire):
    """Money: an int64 in minor units; how much of a unit one is, its currency says."""

    amount: StrictInt = 0
    currency: Currency

    @property
    def units(self) -> Decimal:
        """In units of the currency."""
        return currencies.units(self.amount, self.currency)


def listed(data: object, *names: str, path: str) -> list[object]:
    """The lists under ``names`` in an answer, as one; Square leaves out a list that is empty.

    Raises ``AnswerError`` for another shape.
    """
    if not isinstance(data, Mapping):
        raise AnswerError(f"{path}: an object with {' and '.join(names)} is expected")
    found: list[object] = []
    for name in names:
        some = data.get(name)
        if not isinstance(some, list | None):
            raise AnswerError(f"{path}: {name!r} must be a list")
        found += some or ()
    return found


def units(money: Money | None) -> Decimal:
    """``money`` in units; 0 for none."""
    return Decimal(0) if money is None else money.units
