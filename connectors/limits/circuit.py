"""The breaker: after five failures in a row nothing is sent for half a minute, then one probe.

The states and their changes are pybreaker's. It calls nothing for us: it would hold its lock for as
long as the source takes. It learns how a request ended, and this module lets one probe through.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from math import ceil
from threading import Lock, get_ident
from typing import Protocol

import pybreaker

from connectors.errors import (
    APIError,
    CircuitOpenError,
    ConnectionError,  # noqa: A004 - the name users of the API know
    RateLimitError,
)
from connectors.http.limiter import Clock
from core.errors import RetriableError
from core.logs import get_logger

FAILURES = 5
REST = 30.0
PROBE = 60.0
"""Seconds after which a probe of which nothing was heard is given up; a call takes less."""

log = get_logger(__name__)


class Probe(Protocol):
    """The right to try a source that was down: one thread's at a time."""

    def take(self) -> bool:
        """Whether this thread has it now."""

    def is_ours(self) -> bool:
        """Whether this thread took it."""

    def give_back(self) -> None:
        """Let others take it."""


class Circuit:
    """The breaker of the source ``name``, whose state is in ``storage``."""

    def __init__(
        self,
        name: str,
        storage: pybreaker.CircuitBreakerStorage,
        probe: Probe,
        *,
        failures: int = FAILURES,
        rest: float = REST,
    ) -> None:
        self._name = name
        self._storage = storage
        self._probe = probe
        self._rest = timedelta(seconds=rest)
        self._breaker = pybreaker.CircuitBreaker(
            fail_max=failures,
            reset_timeout=rest,
            exclude=[lambda error: not is_trouble(error)],
            state_storage=storage,
            throw_new_error_on_trip=False,
        )

    @property
    def state(self) -> str:
        """``closed``, ``open`` or ``half-open``."""
        return str(self._storage.state)

    def check(self) -> None:
        """Return while the circuit is closed, and to the one thread that may probe."""
        if self._left() is None:
            return
        if self._left() or not self._probe.take():
            raise self._refusal()
        # Another probe may have ended between our look and our taking.
        left = self._left()
        if left is None or left:
            self._probe.give_back()
        if left:
            raise self._refusal()

    def note(self, error: APIError | None) -> None:
        """Count ``error`` if the source is in trouble; anything else closes the circuit."""
        is_probe = self._probe.is_ours()
        before = self.state
        is_closed = before == pybreaker.STATE_CLOSED
        if is_closed and not is_probe and error is None and not self._storage.counter:
            return
        try:
            # What was sent before the circuit opened says nothing about now.
            if (is_probe or is_closed) and not _was_held(error):
                self._breaker.call(_end, error)
        except (APIError, pybreaker.CircuitBreakerError):
            pass
        finally:
            if is_probe:
                self._probe.give_back()
        if (after := self.state) != before:
            log.warning("circuit", connector=self._name, state=after)

    def _left(self) -> float | None:
        """Seconds until a probe may be sent; None while the circuit is closed."""
        if self.state == pybreaker.STATE_CLOSED:
            return None
        opened = self._storage.opened_at
        left = (opened + self._rest - datetime.now(UTC)).total_seconds() if opened else 0.0
        return max(left, 0.0)

    def _refusal(self) -> CircuitOpenError:
        left = max(self._left() or 0.0, 1.0)
        return CircuitOpenError(
            f"{self._name} failed again and again; nothing is sent for {ceil(left)} s more",
            retry_after=left,
            unsent=True,
        )


def is_trouble(error: BaseException) -> bool:
    """Whether the source is down: a refusal is an answer, and so is a 429."""
    return isinstance(error, RetriableError) and not isinstance(error, RateLimitError)


def _was_held(error: APIError | None) -> bool:
    """Whether the request was held back here, so that nothing is known of the source."""
    return error is not None and error.unsent and not isinstance(error, ConnectionError)


def _end(error: APIError | None) -> None:
    if error is not None:
        raise error


class OwnProbe:
    """The probe among the threads of this process."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._thread: int | None = None
        self._until = 0.0

    def take(self) -> bool:
        """Whether nobody else has it."""
        with self._lock:
            now = self._clock()
            if self._thread is not None and now < self._until:
                return False
            self._thread, self._until = get_ident(), now + PROBE
            return True

    def is_ours(self) -> bool:
        """Whether this thread took it."""
        return self._thread == get_ident()

    def give_back(self) -> None:
        """Let others take it."""
        with self._lock:
            if self.is_ours():
                self._thread = None


def own(name: str, *, failures: int = FAILURES, rest: float = REST) -> Circuit:
    """A circuit for the threads of this process."""
    storage = pybreaker.CircuitMemoryStorage(pybreaker.STATE_CLOSED)
    return Circuit(name, storage, OwnProbe(), failures=failures, rest=rest)
