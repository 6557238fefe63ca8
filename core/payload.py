"""Records as a source sends them: typed where we map, kept as received where we do not.

``parse`` refuses one record with a code, the field and a sentence; the types of the
fields are from ``core.fields``, the check of what we do not map in ``core.details``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from core import details
from core.errors import SkippableError
from core.fields import Code, ExternalId, Quantity, Text

__all__ = ["Code", "ExternalId", "Payload", "Quantity", "Text", "details_json", "parse"]

NOT_AN_OBJECT = "NOT_AN_OBJECT"
MISSING_FIELD = "MISSING_FIELD"
INVALID_FIELD = "INVALID_FIELD"
INVALID_TEXT = "INVALID_TEXT"
INVALID_NUMBER = "INVALID_NUMBER"
TOO_DEEP = "TOO_DEEP"

_CODES = {
    "missing": MISSING_FIELD,
    "text_characters": INVALID_TEXT,
    "text_empty": INVALID_TEXT,
    "text_long": INVALID_TEXT,
    "string_unicode": INVALID_TEXT,
    details.CHARACTERS: INVALID_TEXT,
    details.NUMBER: INVALID_NUMBER,
    details.DEPTH: TOO_DEEP,
}
_LONGEST_PATH = 120
_LONGEST_MESSAGE = 200

_DETAILS = "_details_json"


class Payload(BaseModel):
    """One record of a source. What its fields do not name stays in ``model_extra``."""

    # An error that quoted what it refused would carry it into logs.
    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)

    def model_post_init(self, _: object) -> None:
        """Refuse what no store can keep, at every level, and keep the text that proved it."""
        # Frozen models have no assignment; a private attribute would cost every record 1 µs.
        self.__dict__[_DETAILS] = details.dump(self.__pydantic_extra__)


P = TypeVar("P", bound=Payload)


def parse(type_: type[P], raw: object) -> P:
    """``raw`` as a record.

    Raises ``SkippableError`` with the first problem's code and field, and all of them in words:
    NOT_AN_OBJECT, MISSING_FIELD, INVALID_FIELD, INVALID_TEXT (characters, length),
    INVALID_NUMBER (NaN, infinity) or TOO_DEEP.
    """
    if not isinstance(raw, dict):
        raise SkippableError(
            f"a record must be a JSON object, this is {_kind(raw)}.", code=NOT_AN_OBJECT
        )
    try:
        return type_.model_validate(raw)
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False, include_input=False)) from error


def parse_all(type_: type[P], raws: Sequence[object]) -> Sequence[P] | None:
    """``raws`` as records, a tenth faster than one by one; None when ``parse`` would refuse any."""
    try:
        return _page_of(type_).validate_python(raws)
    except ValidationError:
        return None


@cache
def _page_of(type_: type[P]) -> TypeAdapter[list[P]]:
    return TypeAdapter(list[type_])  # type: ignore[valid-type]  # a type at run time


def details_json(record: Payload) -> str:
    """What we do not map, as received: one JSON object, keys in order, no blanks."""
    text: str = record.__dict__[_DETAILS]
    return text


def _refusal(problems: list[ErrorDetails]) -> SkippableError:
    sentences = []
    for problem in problems[:3]:
        message = "is missing" if problem["type"] == "missing" else problem["msg"]
        path, message = _path(problem), _short(message, _LONGEST_MESSAGE)
        sentences.append(f"{path}: {message}" if path else message)
    if len(problems) > len(sentences):
        sentences.append(f"and {len(problems) - len(sentences)} more")
    first = problems[0]
    return SkippableError(
        "; ".join(sentences) + ".",
        field=_path(first),
        code=_CODES.get(first["type"], INVALID_FIELD),
    )


def _path(problem: ErrorDetails) -> str:
    # Of what we do not map only the field: a key below it may be somebody's address.
    steps = [*problem["loc"], *problem.get("ctx", {}).get(details.PATH, ())[:1]]
    path = ".".join(str(step) for step in steps)
    # A source may put anything into a key, and the path is printed and logged.
    return _short(details.printable(path), _LONGEST_PATH)


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _kind(raw: object) -> str:
    names = {list: "a list", str: "text", type(None): "null", bool: "true or false"}
    return names.get(type(raw), "a number")
