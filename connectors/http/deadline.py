"""How long one call may take in all, its retries included."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Self

_running: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeouts:
    """How long a source may take, in seconds: ``read`` bounds one silence, ``total`` a whole call
    with its ``retries``; the pause before the first of these is up to ``pause`` (None: the usual),
    then twice that, and so on.
    """

    read: float = 30.0
    total: float = 45.0
    retries: int = 2
    pause: float | None = None

    @classmethod
    def of(cls, seconds: float, *, retries: int = 2, pause: float | None = None) -> Self:
        """For a source that may be silent for ``seconds``."""
        return cls(read=seconds, total=max(45.0, 1.5 * seconds), retries=retries, pause=pause)

    @classmethod
    def once(cls, seconds: float) -> Self:
        """To ask once and wait no longer than ``seconds``."""
        return cls(read=seconds, total=seconds, retries=0)

    @property
    def lease(self) -> float:
        """How long a claim on a run lasts: it outlives any one call of the run by a third."""
        return self.total * 4 / 3


USUAL = Timeouts()


class Deadline:
    """``seconds`` from now, on ``clock``."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._started = clock()

    def remaining(self) -> float:
        """Seconds left; 0 when the time is over."""
        return max(0.0, self.seconds - self.elapsed())

    def elapsed(self) -> float:
        """Seconds since it began."""
        return self._clock() - self._started

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
