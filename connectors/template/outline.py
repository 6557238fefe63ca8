"""What a whole export holds, by one pass over its structure; and whether all of it came."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import ijson

from connectors.errors import AnswerError

ENDS = frozenset({"end_map", "end_array", "map_key"})
DECLARED = ("tables_count", "total_records")

_HALF = re.compile(rb"\\u[dD][89a-fA-F]").search
_ESCAPES = re.compile(
    # A pair is one character; what else begins like one of its halves is a half.
    rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]|(u[dD][89a-fA-F])|.)",
    re.DOTALL,
).finditer


def outline(file: IO[bytes]) -> dict[str, int]:
    """The export's tables and how many records each has; what is no list is no table.

    ``AnswerError`` when there is no object ``data``, when its own ``tables_count`` or
    ``total_records`` is another, or when a text holds half a character, which our reader of
    streams would turn into a question mark.
    """
    look = _Look()
    for prefix, event, value in events(file):
        look.at(prefix, event, value)
    if look.members is None:
        raise AnswerError("full: an object with an object 'data' is expected")
    records = sum(look.tables.values())
    _check_counts(look.declared, {"tables_count": look.members, "total_records": records})
    _check_characters(file)
    return look.tables


class _Look:
    """What was met so far; ``members`` of ``data``, None while there is no such object."""

    def __init__(self) -> None:
        self.tables: dict[str, int] = {}
        self.declared: dict[str, int] = {}
        self.members: int | None = None
        self._name = self._table = self._record = ""

    def at(self, prefix: str, event: str, value: object) -> None:
        """Take one event of the structure in."""
        if prefix == self._record:
            if event not in ENDS and self._name in self.tables:
                self.tables[self._name] += 1
        elif prefix == "data":
            self._member(event, value)
        elif prefix == self._table and event == "start_array":
            self.tables[self._name] = 0
        elif prefix in DECLARED and type(value) is int:
            self.declared[prefix] = value

    def _member(self, event: str, value: object) -> None:
        if event == "start_map":
            self.members = 0
        elif event == "map_key" and self.members is not None:
            self.members += 1
            self._name, self._table = str(value), f"data.{value}"
            self._record = f"{self._table}.item"


def events(file: IO[bytes]) -> Iterator[tuple[str, str, object]]:
    """The file's structure, as ijson reads it; ``AnswerError`` when it is broken."""
    file.seek(0)
    with readable():
        yield from ijson.parse(file, use_float=True)


@contextmanager
def readable() -> Iterator[None]:
    """What ijson raises for a broken text, as our own error, which quotes nothing."""
    try:
        yield
    except (ijson.JSONError, ValueError) as error:
        raise AnswerError(
            "full: the answer is broken JSON or holds a number that is none "
            f"({type(error).__name__}); each table alone may still be well"
        ) from None


def _check_counts(declared: dict[str, int], counted: dict[str, int]) -> None:
    for name, count in declared.items():
        if count != counted[name]:
            raise AnswerError(
                f"full: its {name} is {count}, and {counted[name]} came: it is cut short or its "
                "count is wrong; each table alone may still be well"
            )


def _check_characters(file: IO[bytes]) -> None:
    file.flush()
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as held:
        broken = _HALF(held) is not None and any(match[1] for match in _ESCAPES(held))
    if broken:
        raise AnswerError(
            "full: a text holds half a character (a lone surrogate); each table alone may still "
            "be well"
        )
