"""What a record holds beyond its fields, as one JSON text, refused when no store can keep it.

A good record pays for one encoding; only a text that looks wrong is searched for the place.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import PydanticCustomError, to_json

CHARACTERS = "details_characters"
NUMBER = "details_number"
DEPTH = "details_depth"
PATH = "path"

FORBIDDEN = re.compile("[\x00\ud800-\udfff]").search
"""PostgreSQL keeps no NUL, and a surrogate without its other half is no UTF-8."""

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_DEEPEST = 200
# Python writes out no integer of more than 4300 decimal digits.
_MOST_BITS = 14_000
_encode = json.JSONEncoder(
    ensure_ascii=False,
    sort_keys=True,
    allow_nan=False,
    # What came from JSON has no circles; one made by hand ends as a RecursionError.
    check_circular=False,
    separators=(",", ":"),
).encode

_PLAIN = frozenset({str, int, bool, type(None)})
# Below this length no number has more digits than Python writes out.
_SHORT = 4000

Step = str | int


def dump(extra: Mapping[str, Any] | None) -> str:
    """``extra`` as JSON with its keys in order.

    Raises a ``ValueError`` for pydantic, its path in the context, for NUL, lone surrogates, NaN,
    infinities and for more nesting than the interpreter can follow.
    """
    if not extra:
        return "{}"
    quick = _quick(extra)
    if quick is not None:
        return quick
    try:
        text = _encode(extra)
        text.encode()
    except (UnicodeEncodeError, ValueError):
        _accuse(extra)
        raise
    except RecursionError as error:
        raise PydanticCustomError(
            DEPTH, "is nested too deeply to be kept", {PATH: _deepest(extra)}
        ) from error
    # The two characters of an innocent "\\" followed by u0000 are searched in vain.
    if "\\u0000" in text:
        _accuse(extra)
    return text


def _quick(extra: Mapping[str, Any]) -> str | None:
    """What ``dump`` returns for most records, in half its time; None when there is any doubt.

    pydantic's encoder orders no inner keys, and refuses neither NaN nor NUL.
    """
    if not _PLAIN.issuperset(map(type, extra.values())):
        return None
    try:
        text = to_json(dict(sorted(extra.items()))).decode()
    except ValueError:
        return None
    return None if "\\u0000" in text or len(text) > _SHORT else text


def printable(text: str) -> str:
    """``text`` on one line, in characters that every log and store takes."""
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _accuse(extra: Mapping[str, Any]) -> None:
    for path, value in _walk(extra):
        if isinstance(value, str) and FORBIDDEN(value):
            sentence = "holds a NUL character or half a character (a lone surrogate)"
            raise PydanticCustomError(CHARACTERS, sentence, {PATH: path})
        if isinstance(value, float) and not math.isfinite(value):
            raise PydanticCustomError(NUMBER, "is not a finite number", {PATH: path})
        if isinstance(value, int) and value.bit_length() > _MOST_BITS:
            raise PydanticCustomError(NUMBER, "has thousands of digits", {PATH: path})


def _deepest(extra: Mapping[str, Any]) -> tuple[Step, ...]:
    for path, _ in _walk(extra):
        if len(path) > _DEEPEST:
            return path[:1]
    return ()


def _walk(extra: Mapping[str, Any]) -> Iterator[tuple[tuple[Step, ...], object]]:
    """Every key and value with its path; not recursive, as its input may be bottomless."""
    waiting: list[tuple[tuple[Step, ...], object]] = [((), extra)]
    while waiting:
        path, value = waiting.pop()
        yield path, value
        if isinstance(value, Mapping):
            yield from (((*path, key), key) for key in value)
            waiting += [((*path, key), item) for key, item in value.items()][::-1]
        elif isinstance(value, list):
            waiting += [((*path, place), item) for place, item in enumerate(value)][::-1]
