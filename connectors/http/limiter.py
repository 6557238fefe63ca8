"""How often a source may be called."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from http import HTTPStatus
from threading import Lock
from typing import Protocol

from connectors.errors import RateLimitError
from connectors.http.deadline import Deadline
from connectors.http.response import Response

Clock = Callable[[], float]


class Limiter(Protocol):
    """Consulted before every request; sees every response."""

    def acquire(self, deadline: Deadline) -> None:
        """Return when a request may be sent; wait for that, but not beyond ``deadline``.

        Raises ``RateLimitError`` with the seconds to wait when they are more than that.
        """

    def observe(self, response: Response) -> None:
        """Learn from a response."""


class Unlimited:
    """No limit."""

    def acquire(self, deadline: Deadline) -> None:
        """At once."""

    def observe(self, response: Response) -> None:
        """Nothing is learnt."""


class Pause:
    """Obeys ``Retry-After``: until it has passed nothing is sent, and requests fail at once."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._until = float("-inf")

    def acquire(self, deadline: Deadline) -> None:
        """At once, but not within a pause."""
        left = self._until - self._clock()
        if left > 0:
            raise RateLimitError(
                f"too many calls: the source asks to wait {left:.0f} s more",
                retry_after=left,
                unsent=True,
            )

    def observe(self, response: Response) -> None:
        """A 429 or 503 may hold ``Retry-After``."""
        limited = response.status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
        if limited and response.retry_after is not None:
            self._until = max(self._until, self._clock() + response.retry_after)


class Windows:
    """At most so many requests over any window, for the threads of one process together:
    ``{1.0: 5, 60.0: 100}`` is five a second and a hundred a minute.
    """

    def __init__(
        self,
        most: Mapping[float, int],
        *,
        clock: Clock = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._most = most
        self._clock = clock
        self._sleep = sleep
        self._lock = Lock()
        self._sent: deque[float] = deque(maxlen=max(most.values()))

    def acquire(self, deadline: Deadline) -> None:
        """When every window has room."""
        while (wait := self._take()) > 0:
            if wait >= deadline.remaining():
                raise RateLimitError(
                    f"our own limit of calls is reached, for {wait:.0f} s more",
                    retry_after=wait,
                    unsent=True,
                )
            self._sleep(wait)

    def observe(self, response: Response) -> None:
        """Nothing is learnt."""

    def _take(self) -> float:
        """0 when a request is counted in; else the seconds until there may be room."""
        with self._lock:
            now = self._clock()
            full = (
                self._sent[-most] + seconds - now
                for seconds, most in self._most.items()
                if len(self._sent) >= most
            )
            wait = max(full, default=0.0)
            if wait <= 0:
                self._sent.append(now)
            return wait
