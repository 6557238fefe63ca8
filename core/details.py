"""What a record holds beyond its fields, as one JSON text, refused when no store can keep it.

A good record pays for one encoding; only a text that looks wrong is searched for the place.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator, Mapping

from pydantic_core import PydanticCustomError, to_json

CHARACTERS = "details_characters"
NUMBER = "details_number"
DEPTH = "details_depth"
PATH = "path"

FORBIDDEN = re.compile("[\x00\ud800-\udfff]").search
"""PostgreSQL keeps no NUL, and a surrogate without its other half is no UTF-8."""

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
DEEPEST = 100
"""Levels of lists and objects in a field. Beyond some hundreds encoders and drivers give up, each
at a depth of its own, and then a page falls instead of a record.
"""
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
_Nest = dict[object, object] | list[object]


def dump(extra: Mapping[str, object] | None) -> str:
    """``extra`` as JSON with its keys in order.

    Raises a ``ValueError`` for pydantic, its path in the context, for NUL, lone surrogates, NaN,
    infinities and for more than ``DEEPEST`` levels.
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
        raise _bottomless(extra) from error
    _judge(extra, text)
    return text


def _judge(extra: Mapping[str, object], text: str) -> None:
    # As a rule there are fewer brackets than levels, and nothing need be searched.
    if text.count("[") + text.count("{") > DEEPEST and is_deeper(extra, DEEPEST + 1):
        raise _bottomless(extra)
    # The two characters of an innocent "\\" followed by u0000 are searched in vain.
    if "\\u0000" in text:
        _accuse(extra)


def encode(value: object) -> str:
    """Any JSON that was judged already, as ``dump`` writes it."""
    quick = _quick(value) if isinstance(value, dict) else None
    return _encode(value) if quick is None else quick


def is_deeper(value: object, levels: int) -> bool:
    """Whether ``value`` has more levels of lists and objects; not recursive, as ``_walk``."""
    inside = _nested([value])
    for _ in range(levels):
        inside = [item for each in inside for item in _nested(_items(each))]
    return bool(inside)


def _nested(values: Collection[object]) -> list[_Nest]:
    return [value for value in values if isinstance(value, dict | list)]


def _items(nest: _Nest) -> Collection[object]:
    return nest if isinstance(nest, list) else nest.values()


def _bottomless(extra: Mapping[str, object]) -> PydanticCustomError:
    field = next((key for key, value in extra.items() if is_deeper(value, DEEPEST)), None)
    path = () if field is None else (field,)
    return PydanticCustomError(DEPTH, f"has more than {DEEPEST} levels", {PATH: path})


def _quick(extra: Mapping[str, object]) -> str | None:
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
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _accuse(extra: Mapping[str, object]) -> None:
    for path, value in _walk(extra):
        if isinstance(value, str) and FORBIDDEN(value):
            sentence = "holds a NUL character or half a character (a lone surrogate)"
            raise PydanticCustomError(CHARACTERS, sentence, {PATH: path})
        if isinstance(value, float) and not math.isfinite(value):
            raise PydanticCustomError(NUMBER, "is not a finite number", {PATH: path})
        if isinstance(value, int) and value.bit_length() > _MOST_BITS:
            raise PydanticCustomError(NUMBER, "has thousands of digits", {PATH: path})


def _walk(extra: Mapping[str, object]) -> Iterator[tuple[tuple[Step, ...], object]]:
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
