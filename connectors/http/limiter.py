"""How often a source may be called."""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus
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
