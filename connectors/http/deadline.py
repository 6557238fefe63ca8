"""How long one call may take in all, its retries included."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_running: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


class Deadline:
    """``seconds`` from now, on ``clock``."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._end = clock() + seconds

    def remaining(self) -> float:
        """Seconds left; 0 when the time is over."""
        return max(0.0, self._end - self._clock())

    @contextmanager
    def running(self) -> Iterator[None]:
        """Inside the block, this thread's sockets obey this deadline."""
        token = _running.set(self)
        try:
            yield
        finally:
            _running.reset(token)


def current() -> Deadline | None:
    """The deadline of the call this thread is making."""
    return _running.get()
