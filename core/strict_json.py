"""JSON, read strictly: one meaning for every reader, or an error that names the place.

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
from typing import Any

from core.details import FORBIDDEN, printable
from core.errors import MoulinError

DEEPEST = 32
LONGEST_NUMBER = 100
"""Characters; no amount, quantity or id of anybody's needs more."""
LARGEST_EXPONENT = 308
"""A number beyond is infinity to most readers."""

# A string is skipped whole, an unfinished one to the end of the text, so that brackets inside
# do not count and no character is looked at twice.
_STRUCTURE = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
_ESCAPED_TROUBLE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])").search

Steps = tuple[str | int, ...]


class StrictError(MoulinError):
    """The text is no strict JSON; ``path`` leads to the value, None where it is the whole text.

    ``what`` is the message without its subject, for the value at ``path``.
    """

    def __init__(self, code: str, what: str, *, path: str | None = None) -> None:
        super().__init__(what if path is None else f"A value in the body {what}.", code=code)
        self.what = what
        self.path = path


@dataclass(frozen=True)
class Unusable:
    """The replacement of a value that JSON's readers do not agree on."""

    code: str
    what: str


NOT_FINITE = Unusable("NOT_FINITE", "is not a finite number")
TOO_LONG = Unusable("NUMBER_TOO_LONG", f"is a number of more than {LONGEST_NUMBER} characters")
TOO_LARGE = Unusable("NUMBER_TOO_LARGE", "is a number beyond what others can hold")
DUPLICATE = Unusable("DUPLICATE_KEY", "stands in its object more than once")
INVALID_CHARACTER = Unusable(
    "INVALID_CHARACTER", "holds a NUL character or half a character (a lone surrogate)"
)


def parse(raw: bytes, *, tolerant: bool = False) -> Any:
    """The JSON in ``raw``: fractions as ``Decimal``. Raises ``StrictError``.

    ``tolerant`` leaves an ``Unusable`` in place of NaN, infinities and numbers nobody can hold,
    and texts as they are: the reader of a list can then refuse one item and take the others.
    """
    text = _decode(raw)
    _measure(text)
    reader = _Reader()
    try:
        value = reader.read(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise StrictError("INVALID_JSON", f"This is no JSON: {error.msg}, {where}.") from None
    except RecursionError:
        raise _too_deep() from None
    # Seldom true, and a walk costs as much as the parsing.
    escaped = not tolerant and _ESCAPED_TROUBLE(text) is not None
    if reader.doubled or escaped or (reader.unusable and not tolerant):
        _search(value, escaped=escaped, only_doubled=tolerant)
    return value


class _Reader:
    """One parsing, and what it met."""

    def __init__(self) -> None:
        self.unusable = False
        self.doubled = False

    def read(self, text: str) -> Any:
        return json.loads(
            text,
            parse_constant=lambda _: self._mark(NOT_FINITE),
            parse_float=self._fraction,
            parse_int=self._whole,
            object_pairs_hook=self._object,
        )

    def _mark(self, value: Unusable) -> Unusable:
        self.unusable = True
        return value

    def _whole(self, digits: str) -> int | Unusable:
        return int(digits) if len(digits) <= LONGEST_NUMBER else self._mark(TOO_LONG)

    def _fraction(self, text: str) -> Decimal | Unusable:
        if len(text) > LONGEST_NUMBER:
            return self._mark(TOO_LONG)
        try:
            number = Decimal(text)
        except DecimalException:
            return self._mark(TOO_LARGE)
        if number and abs(number.adjusted()) > LARGEST_EXPONENT:
            return self._mark(TOO_LARGE)
        return number

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        members = dict(pairs)
        if len(members) != len(pairs):
            self.doubled = True
            times = Counter(key for key, _ in pairs)
            members |= {key: DUPLICATE for key, count in times.items() if count > 1}
        return members


def _decode(raw: bytes) -> str:
    if raw.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise StrictError(
            "BYTE_ORDER_MARK", "The body begins with a byte order mark; send UTF-8 without."
        )
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise StrictError("INVALID_UTF8", f"The body is not UTF-8 at byte {error.start}.") from None


def _measure(text: str) -> None:
    depth = 0
    for match in _STRUCTURE.finditer(text):
        sign = match[0][0]
        if sign in "[{":
            depth += 1
            if depth > DEEPEST:
                raise _too_deep()
        elif sign in "]}":
            depth -= 1


def _search(value: object, *, escaped: bool, only_doubled: bool) -> None:
    """Raise for a value that was marked on the way, or that no store keeps, with its path."""
    for path, item in _walk(value):
        refused = item if isinstance(item, Unusable) else None
        if escaped and isinstance(item, str) and FORBIDDEN(item):
            refused = INVALID_CHARACTER
        if refused is not None and (refused is DUPLICATE or not only_doubled):
            raise StrictError(refused.code, refused.what, path=_path(path))


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


def _too_deep() -> StrictError:
    return StrictError("TOO_DEEP", f"The body is nested deeper than {DEEPEST} levels.")
