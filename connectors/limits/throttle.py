"""A limiter for one process: windows, and the pauses that the source asks for."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from math import ceil
from threading import Lock

from connectors.errors import RateLimitError
from connectors.http.deadline import Deadline
from connectors.http.limiter import Clock
from connectors.http.response import Response
from connectors.limits.quota import rest
from connectors.limits.rate import MARGIN, Rate, Windows, is_urgent, share

_LONGEST_REST = 60.0


class Sent:
    """When requests were sent, the newest last, as far back as any window reaches."""

    def __init__(self, most: int) -> None:
        self._at: deque[float] = deque(maxlen=max(most, 1))

    def note(self, now: float, count: int = 1) -> None:
        """So many at ``now``."""
        self._at.extend([now] * count)

    def wait(self, windows: Windows, now: float) -> float:
        """Seconds until each of the windows has room for one more; 0 when they have."""
        full = (
            self._at[-most] + seconds + MARGIN - now
            for seconds, most in windows.items()
            if len(self._at) >= most
        )
        return max(0.0, *full, 0.0)

    def since(self, moment: float) -> list[float]:
        """Those after ``moment``."""
        return [at for at in self._at if at > moment]


class Throttle:
    """Limits the threads of this process together to ``rate``.

    A 429 is obeyed: nothing is sent for the time that the source names or, when it names none, for
    1, 2, 4 … up to 60 seconds.
    """

    def __init__(
        self,
        rate: Rate,
        *,
        clock: Clock = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.rate = rate
        self._clock = clock
        self._sleep = sleep
        self._lock = Lock()
        self._until = float("-inf")
        self.sent = Sent(max(rate.windows().values(), default=1))
        self._refusals = 0

    def acquire(self, deadline: Deadline) -> None:
        """When every window has room and no pause is on."""
        until_free(self.take, deadline, waits=self.rate.waits, sleep=self._sleep)

    def observe(self, response: Response) -> None:
        """A pause, from a 429 or from what the source says it has left for us."""
        self.pause(response)

    def pause(self, response: Response) -> float | None:
        """As ``observe``; the seconds that it asks us to wait."""
        seconds = rest(response, now=datetime.now(UTC))
        with self._lock:
            now = self._clock()
            if response.status != HTTPStatus.TOO_MANY_REQUESTS:
                self._refusals = 0
            elif seconds is None:
                # Of several threads that are refused at once the first one counts.
                self._refusals += now >= self._until
                seconds = min(2.0 ** (self._refusals - 1), _LONGEST_REST)
            if seconds is not None:
                self._until = max(self._until, now + seconds)
        return seconds

    def take(self, processes: int = 1) -> float:
        """0 when a request is counted in; else the seconds until there may be room.

        With several ``processes`` each keeps to its share.
        """
        with self._lock:
            now = self._clock()
            wait = self.wait(now, processes)
            if wait <= 0:
                self.sent.note(now)
            return wait

    def wait(self, now: float, processes: int) -> float:
        """As ``take``, counting nothing in."""
        windows = share(self.rate.windows(urgent=is_urgent()), processes)
        return max(0.0, self._until - now, self.sent.wait(windows, now))

    def leave(self, used: int, processes: int) -> None:
        """From now on without the others, who with us used so much of the longest window.

        Nothing is sent for a second, for in the last one another may have used it all.
        """
        with self._lock:
            now = self._clock()
            self._until = max(self._until, now + 1.0 + MARGIN)
            longest = max(self.rate.windows(), default=0.0)
            ours = len(self.sent.since(now - longest))
            self.sent.note(now, max(0, ceil(used / processes) - ours))


def until_free(
    take: Callable[[], float],
    deadline: Deadline,
    *,
    waits: bool,
    sleep: Callable[[float], object],
) -> None:
    """Return when ``take`` gave a place; wait for one as long as it says, within ``deadline``.

    Raises ``RateLimitError`` when that is too long, or when nobody ``waits``.
    """
    while (wait := take()) > 0:
        if not waits or wait >= deadline.remaining():
            raise RateLimitError(
                f"the limit of calls is reached, for {ceil(wait)} s more",
                retry_after=wait,
                unsent=True,
            )
        sleep(wait)
