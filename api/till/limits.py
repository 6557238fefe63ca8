"""The rate limit on unknown serials: it slows an address, never a till.

A serial is printed on its till and never changes, so guessing serials pays.
"""

from __future__ import annotations

import math
import time
from collections import Counter, OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from threading import Condition
from typing import Generic, TypeVar

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from api.till.errors import TillError
from api.web.addresses import neighbourhood
from core.logs import get_logger

log = get_logger(__name__)

MOST_TRIES = 10
"""Unknown serials a minute."""
MOST_KEPT = 10_000
"""Addresses, and pairs of address and serial, remembered at once."""

_GUESS = RateLimitItemPerMinute(MOST_TRIES, namespace="guess")
_LOGGED = RateLimitItemPerMinute(1, namespace="logged")

T = TypeVar("T", bound=Hashable)


class Newest(Generic[T]):
    """The ``most`` items that were added last."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: OrderedDict[T, None] = OrderedDict()

    def __contains__(self, item: T) -> bool:
        return item in self._items

    def add(self, item: T) -> T | None:
        """Keep ``item``; the one that had to go for it, if any."""
        self._items[item] = None
        self._items.move_to_end(item)
        return self._items.popitem(last=False)[0] if len(self._items) > self._most else None

    def discard(self, item: T) -> None:
        """Keep it no longer."""
        self._items.pop(item, None)


class SerialLimit:
    """The unknown serials of the last minute, by address; of this process."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._addresses = Newest[str](MOST_KEPT)
        self._good = Newest[tuple[str, str]](MOST_KEPT)
        self._under_way: Counter[str] = Counter()
        self._changed = Condition()

    @contextmanager
    def turn(self, address: str, serial: str) -> Iterator[None]:
        """The block in which to look a serial up; ``TillError`` 429 over the address's limit.

        A pair that was good before passes even then. No more look-ups are under way at once than
        tries are left, so a hundred at the same instant do not pass the limit.
        """
        where = neighbourhood(address)
        with self._changed:
            free = (where, serial) in self._good
            if not free:
                self._wait(where)
                self._under_way[where] += 1
        try:
            yield
        finally:
            if not free:
                with self._changed:
                    self._under_way -= Counter((where,))
                    self._changed.notify_all()

    def missed(self, address: str, serial: str) -> None:
        """Count a try of an unknown serial; called inside its turn."""
        where = neighbourhood(address)
        with self._changed:
            self._good.discard((where, serial))
            self._limiter.hit(_GUESS, where)
            # The storage itself never forgets an address.
            forgotten = self._addresses.add(where)
            if forgotten is not None:
                self._limiter.clear(_GUESS, forgotten)
                self._limiter.clear(_LOGGED, forgotten)

    def proved(self, address: str, serial: str) -> None:
        """Remember that this serial was authenticated from this address."""
        with self._changed:
            self._good.add((neighbourhood(address), serial))

    def _wait(self, where: str) -> None:
        while True:
            reset, left = self._limiter.get_window_stats(_GUESS, where)
            if left <= 0:
                raise self._refused(where, reset)
            if self._under_way[where] < left:
                return
            self._changed.wait()

    def _refused(self, where: str, reset: float) -> TillError:
        if self._limiter.test(_LOGGED, where):
            self._limiter.hit(_LOGGED, where)
            log.warning("till.guessing", address=where, most=MOST_TRIES)
        # Never more than a window, should this machine's clock have been set back.
        seconds = min(max(1, math.ceil(reset - time.time())), _GUESS.get_expiry())
        return TillError(
            429,
            "TOO_MANY_ATTEMPTS",
            f"Trop de terminaux inconnus depuis cette adresse: réessayez dans {seconds} s",
            headers={"Retry-After": str(seconds)},
        )
