"""What was asked of a source, in order, so that a test can say what a client did."""

from collections import deque
from collections.abc import Iterator, Sequence
from threading import Lock
from typing import NamedTuple, overload
from urllib.parse import parse_qs

#: A bench asks for days; the newest requests are the ones anybody reads.
KEPT = 100_000
#: A longer number is no page; Python refuses to read the longest ones.
_MAX_DIGITS = 9


class Entry(NamedTuple):
    """One request and the status it was given; 0 when it was given none."""

    method: str
    path: str
    query: str
    status: int


class Log(Sequence[Entry]):
    """The newest requests, oldest first; safe to read while requests are served."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._lock = Lock()

    def append(self, entry: Entry) -> None:
        """Keep one request."""
        with self._lock:
            self._entries.append(entry)

    def clear(self) -> None:
        """Forget every request."""
        with self._lock:
            self._entries.clear()

    def entries(self) -> list[Entry]:
        """A copy, which later requests do not change."""
        with self._lock:
            return list(self._entries)

    def requested_pages(self, endpoint: str) -> list[int]:
        """The page numbers asked of ``endpoint``, in order; 0 for what is no number."""
        return [
            _number(parse_qs(entry.query).get("page", ["1"])[0])
            for entry in self.entries()
            if entry.path.endswith(f"/{endpoint}/")
        ]

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries())

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        return self.entries()[index]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS else 0
