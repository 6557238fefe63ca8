"""Square's kinds of value: money in minor units, quantities as text, lists that may be none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from decimal import Decimal
from typing import Annotated, TypeVar, cast, dataclass_transform

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
from pydantic.dataclasses import dataclass

from connectors import currencies
from connectors.errors import AnswerError

T = TypeVar("T")

_NONE = Decimal(0)

Quantity = Annotated[Decimal, Field(max_digits=15, decimal_places=5)]
Instant = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
"""RFC 3339, in UTC."""
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


def _listed(value: object) -> object:
    if type(value) is list:
        return value
    if value is None:
        return ()
    return (value,) if isinstance(value, Mapping) else value


Listed = Annotated[tuple[T, ...], BeforeValidator(_listed)]
"""A list; null is an empty one, and an object alone is a list of one."""


class Wire(BaseModel):
    """A message. Fields we do not name are ignored; an error never quotes a value."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


@dataclass_transform(kw_only_default=True, frozen_default=True)
def part(kind: type[T]) -> type[T]:
    """A part of a record, read as a ``Wire`` is.

    A page has ten thousand of them: with slots each is one object, where a model is three.
    """
    config = ConfigDict(extra="ignore", hide_input_in_errors=True)
    made: object = dataclass(frozen=True, slots=True, kw_only=True, config=config)(kind)
    return cast("type[T]", made)


@part
class Money:
    """Money: an int64 in minor units; how much of a unit one is, its currency says."""

    amount: StrictInt | None = None
    currency: Currency

    @property
    def units(self) -> Decimal:
        """In units of the currency."""
        return currencies.units(self.amount or 0, self.currency)


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
    return _NONE if money is None else money.units
