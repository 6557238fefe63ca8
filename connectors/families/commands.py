"""Commands: a family's writes by their names, with bodies that a row can keep until they are sent.

A family says what each of its writes takes, what it is about, and how to look whether it happened;
a vendor says whether it knows idempotency keys (``Family.keyed``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)

from connectors.families.results import Result
from core.details import printable
from core.errors import RefusedError
from core.fields import text
from core.money import Money

MOST_ITEMS = 1000
MOST_PROBLEMS = 50
_VENDORS = frozenset({"version", "modified_at", "deleted"})
"""Fields of our types that only a vendor writes."""


class Body(BaseModel):
    """What a command takes: no field too many, no type guessed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


B = TypeVar("B", bound=Body)
C = TypeVar("C")


def _day(value: object) -> object:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError("must be a day, as in 2025-01-31") from None
    return value


Day = Annotated[date, BeforeValidator(_day)]
"""A day, as in ``2025-01-31``."""
Amount = Annotated[
    Money,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0},
                {"type": "string", "pattern": r"^[0-9]{1,9}(\.[0-9]{1,4})?$"},
            ]
        }
    ),
]
"""In units of a currency."""
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$", examples=["EUR"])]
"""ISO 4217."""
_PRINTABLE = {"pattern": r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f]+$"}
Ident = Annotated[str, AfterValidator(text), Field(max_length=100, json_schema_extra=_PRINTABLE)]
"""Somebody's name for something: an id, a SKU."""
Name = Annotated[str, AfterValidator(text), Field(max_length=500, json_schema_extra=_PRINTABLE)]
"""What people call something."""


class BodyError(RefusedError):
    """A command's body is wrong; ``problems`` are all of them, by their paths."""

    code = "INVALID_FIELDS"

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__(" ".join(f"{path or 'the body'}: {what}." for path, what in problems))
        self.problems = problems


@dataclass(frozen=True)
class Done:
    """What came of a command: a result for each item, kept in the clear, and the vendor's answer in
    JSON, kept sealed.
    """

    results: Sequence[Result]
    answer: Mapping[str, object] | None = None


@dataclass(frozen=True, kw_only=True)
class Command(Generic[C, B]):
    """One write of a family.

    ``items`` is the field of ``body`` that a bare list is put into, ``objects`` what it is about:
    commands that share one go in order. ``carry_out`` takes our key too; an error of it that is
    ``unsent`` says that nothing was done at all. ``look`` gives what came of one that was carried
    out already, None for one that surely was not, and raises what keeps it from telling.
    ``own_key`` is the body's own number, if it has one; ``asks`` says that a person may have to
    agree first (``orders.approval``).
    """

    body: type[B]
    objects: Callable[[B], Iterable[str]]
    carry_out: Callable[[C, B, str], Done]
    look: Callable[[C, B, str], Done | None] | None = None
    items: str | None = None
    own_key: Callable[[B], str | None] = lambda _: None
    asks: bool = False

    def read(self, value: object) -> B:
        """``value`` as a body: JSON, a list of items, or the family's own types.

        Raises ``BodyError``, which names every problem.
        """
        try:
            return self.body.model_validate(self._plain(value))
        except ValidationError as error:
            raise BodyError([*_problems(error)]) from None

    def _plain(self, value: object) -> object:
        if self.items is not None and not isinstance(value, Mapping):
            return {self.items: [*map(_fields, value)]} if isinstance(value, Iterable) else value
        return _fields(value)


AnyCommand = Command[Any, Any]
Commands = Mapping[str, AnyCommand]
"""A family's, by the names of its writes."""


def canonical(body: Body) -> str:
    """The same text for the same body, however it was written."""
    values = body.model_dump(mode="json", exclude_none=True)
    return json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _fields(value: object) -> object:
    """What one of our types says, by its fields; anything else as it is."""
    if not is_dataclass(value) or isinstance(value, type):
        return value
    given = ((field.name, getattr(value, field.name)) for field in fields(value))
    return {
        name: [*map(_fields, each)] if isinstance(each, tuple) else each
        for name, each in given
        if name not in _VENDORS and each not in (None, "", ())
    }


def _problems(error: ValidationError) -> Iterator[tuple[str, str]]:
    errors = error.errors(include_input=False, include_url=False, include_context=False)
    for each in errors[:MOST_PROBLEMS]:
        path = printable(".".join(map(str, each["loc"])))[:200]
        yield (
            path,
            "is missing"
            if each["type"] == "missing"
            else each["msg"].removeprefix("Value error, "),
        )
