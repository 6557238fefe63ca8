"""Bodies, read strictly: one meaning for every reader, or a 400 that names the place.

Python's own parser takes NaN, the last of two equal keys, half characters, and falls over deep
nesting; a store or another language then sees something else than we did.
"""

from __future__ import annotations

import codecs
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel, ConfigDict, ValidationError

from api.problems import FieldError, Problem
from core.details import FORBIDDEN, printable

MOST_BYTES = 2 * 1024 * 1024
DEEPEST = 32
LONGEST_NUMBER = 100
"""Characters; no amount, quantity or id of anybody's needs more."""
LARGEST_EXPONENT = 308
"""A number beyond is infinity to most readers."""
MOST_ERRORS = 20

# A string is skipped whole, an unfinished one to the end of the text, so that brackets inside
# do not count and no character is looked at twice.
_STRUCTURE = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
_ESCAPED_TROUBLE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])").search

Steps = tuple[str | int, ...]
Model = TypeVar("Model", bound="Body")


class Body(BaseModel):
    """What a request may carry: no field too many, no type guessed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


@dataclass(frozen=True)
class _Refused:
    """Stands where a value was that JSON's readers do not agree on."""

    code: str
    message: str


NOT_FINITE = _Refused("NOT_FINITE", "is not a finite number")
TOO_LONG = _Refused("NUMBER_TOO_LONG", f"is a number of more than {LONGEST_NUMBER} characters")
TOO_LARGE = _Refused("NUMBER_TOO_LARGE", "is a number beyond what others can hold")
DUPLICATE = _Refused("DUPLICATE_KEY", "stands in its object more than once")
INVALID_CHARACTER = _Refused(
    "INVALID_CHARACTER", "holds a NUL character or half a character (a lone surrogate)"
)


def load(model: type[Model]) -> Model:
    """The request's body as ``model``; none at all is read as ``{}``.

    Raises ``Problem``: 413, 415, 400 when it is no strict JSON, 422 when fields are wrong.
    """
    raw = request.get_data(cache=False)
    if not raw:
        return check(model, {})
    if request.mimetype != "application/json" or not _plain():
        raise Problem(415, "UNSUPPORTED_MEDIA_TYPE", "Send application/json, UTF-8, uncompressed.")
    return check(model, parse(raw))


def check(model: type[Model], value: object) -> Model:
    """``value`` as ``model``, or a 422 that names every wrong field."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        detail = "Some fields are wrong; nothing was done."
        raise Problem(422, "INVALID_FIELDS", detail, errors=field_errors(error)) from None


def field_errors(error: ValidationError) -> list[FieldError]:
    """What pydantic found, without any value that was sent."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    return [FieldError(_path(item["loc"]), item["msg"]) for item in found[:MOST_ERRORS]]


def parse(raw: bytes) -> Any:
    """The JSON in ``raw``: fractions as ``Decimal``. ``Problem`` 400 where it is not strict."""
    text = _decode(raw)
    _measure(text)
    try:
        value = _read(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _bad("INVALID_JSON", f"This is no JSON: {error.msg}, {where}.") from None
    except RecursionError:
        raise _too_deep() from None
    _search(text, value)
    return value


def _plain() -> bool:
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    return charset in {"utf-8", "utf8"} and encoding == "identity"


def _decode(raw: bytes) -> str:
    if raw.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise _bad("BYTE_ORDER_MARK", "The body begins with a byte order mark; send UTF-8 without.")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise _bad("INVALID_UTF8", f"The body is not UTF-8 at byte {error.start}.") from None


def _measure(text: str) -> None:
    depth = 0
    for found in _STRUCTURE.finditer(text):
        sign = found[0][0]
        if sign in "[{":
            depth += 1
            if depth > DEEPEST:
                raise _too_deep()
        elif sign in "]}":
            depth -= 1


def _read(text: str) -> Any:
    return json.loads(
        text,
        parse_constant=lambda _: NOT_FINITE,
        parse_float=_fraction,
        parse_int=lambda digits: int(digits) if len(digits) <= LONGEST_NUMBER else TOO_LONG,
        object_pairs_hook=_object,
    )


def _fraction(text: str) -> Decimal | _Refused:
    if len(text) > LONGEST_NUMBER:
        return TOO_LONG
    try:
        number = Decimal(text)
    except DecimalException:
        return TOO_LARGE
    return TOO_LARGE if number and abs(number.adjusted()) > LARGEST_EXPONENT else number


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        times = Counter(key for key, _ in pairs)
        found |= {key: DUPLICATE for key, count in times.items() if count > 1}
    return found


def _search(text: str, value: object) -> None:
    """Raise for a value that was refused on the way, or that no store keeps, with its path."""
    escaped = _ESCAPED_TROUBLE(text) is not None
    for path, item in _walk(value):
        refused = item if isinstance(item, _Refused) else None
        if escaped and isinstance(item, str) and FORBIDDEN(item):
            refused = INVALID_CHARACTER
        if refused is not None:
            error = FieldError(_path(path), refused.message)
            raise _bad(refused.code, f"A value in the body {refused.message}.", error)


def _walk(value: object) -> Iterator[tuple[Steps, object]]:
    """Every value with its path, keys among them."""
    waiting: list[tuple[Steps, object]] = [((), value)]
    while waiting:
        path, item = waiting.pop()
        yield path, item
        if isinstance(item, dict):
            yield from (((*path, key), key) for key in item)
            waiting += (((*path, key), inside) for key, inside in item.items())
        elif isinstance(item, list):
            waiting += (((*path, place), inside) for place, inside in enumerate(item))


def _path(steps: Steps) -> str:
    return printable(".".join(map(str, steps)))[:200]


def _too_deep() -> Problem:
    return _bad("TOO_DEEP", f"The body is nested deeper than {DEEPEST} levels.")


def _bad(code: str, detail: str, *errors: FieldError) -> Problem:
    return Problem(400, code, detail, errors=errors)
