"""How often a source may be asked, and who goes first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import ceil

Windows = Mapping[float, int]
"""The most requests in any window of so many seconds."""

MARGIN = 0.05
"""Seconds that a window is longer than the source's: a request arrives a little after it was
counted, and not always as much.
"""
_PACE = 10.0
_FREE = 20

_urgent: ContextVar[bool] = ContextVar("urgent", default=False)


@contextmanager
def urgent() -> Iterator[None]:
    """Inside the block this thread's requests pass before those of syncs."""
    token = _urgent.set(True)
    try:
        yield
    finally:
        _urgent.reset(token)


def is_urgent() -> bool:
    """Whether this thread carries out a command, not a sync."""
    return _urgent.get()


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """The most requests a second and a minute, None for no such limit; both hold over any window.

    ``waits``: a request waits for its place, else it fails at once.
    """

    per_second: int | None = None
    per_minute: int | None = None
    waits: bool = True

    def windows(self, *, urgent: bool = True) -> Windows:
        """What holds for a command, or for a sync.

        A sync leaves a twentieth of a minute's requests to commands, and spreads its own over the
        minute: else the first second would take them all, and who comes next would wait a minute.
        """
        windows: dict[float, int] = {}
        if self.per_second is not None:
            windows[1.0] = self.per_second
        if self.per_minute is not None:
            windows[60.0] = self.per_minute
            if not urgent:
                windows[60.0] -= self.per_minute // _FREE
                windows[_PACE] = ceil(self.per_minute * _PACE / 60)
        return windows


def share(windows: Windows, processes: int) -> dict[float, int]:
    """What one of so many processes may do when they cannot ask each other; all together no more
    than ``windows``.
    """
    return {
        seconds if most >= processes else seconds * ceil(processes / most): max(
            1, most // processes
        )
        for seconds, most in windows.items()
    }
