"""A breaker for all processes together, over Redis."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from threading import local
from typing import cast

import pybreaker

from connectors.errors import APIError
from connectors.limits import circuit
from connectors.limits.circuit import FAILURES, PROBE, REST, Circuit
from connectors.limits.shared import AwayError, Shared, key

_GIVE_BACK = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""


class SharedCircuit:
    """The breaker of the source ``name`` for all processes; each has its own while Redis is away.

    Its methods are those of ``Circuit``.
    """

    def __init__(
        self, name: str, shared: Shared, *, failures: int = FAILURES, rest: float = REST
    ) -> None:
        self._name = name
        self._shared = shared
        self._failures = failures
        self._rest = rest
        self._own = circuit.own(name, failures=failures, rest=rest)
        self._chosen = local()

    @cached_property
    def _common(self) -> Circuit:
        # Made when it is first needed: pybreaker reads the state at once.
        return Circuit(
            self._name,
            _Storage(self._name, self._shared),
            _Probe(self._name, self._shared),
            failures=self._failures,
            rest=self._rest,
        )

    @property
    def state(self) -> str:
        """``closed``, ``open`` or ``half-open``."""
        try:
            return self._common.state
        except AwayError:
            return self._own.state

    def check(self) -> None:
        """Return while the circuit is closed, and to the one thread that may probe."""
        try:
            self._chosen.circuit = None
            self._common.check()
        except AwayError:
            self._chosen.circuit = self._own
            self._own.check()

    def note(self, error: APIError | None) -> None:
        """To the circuit that let the request through, or this process's own."""
        try:
            (getattr(self._chosen, "circuit", None) or self._common).note(error)
        except AwayError:
            self._own.note(error)


class _Storage(pybreaker.CircuitBreakerStorage):
    """The state in a hash of Redis. Raises ``AwayError``: pybreaker's own logs it and guesses."""

    def __init__(self, name: str, shared: Shared) -> None:
        super().__init__("shared")
        self._key = key(name, "circuit")
        self._shared = shared

    def _get(self, field: str) -> str | None:
        found = self._shared.ask(lambda client: client.hget(self._key, field))
        return cast("bytes", found).decode() if found is not None else None

    def _set(self, field: str, value: object) -> None:
        self._shared.ask(lambda client: client.hset(self._key, field, str(value)))

    def _increment(self, field: str) -> None:
        self._shared.ask(lambda client: client.hincrby(self._key, field, 1))

    @property
    def state(self) -> str:
        return self._get("state") or str(pybreaker.STATE_CLOSED)

    @state.setter
    def state(self, state: str) -> None:
        self._set("state", state)

    @property
    def counter(self) -> int:
        return int(self._get("failures") or 0)

    def increment_counter(self) -> None:
        self._increment("failures")

    def reset_counter(self) -> None:
        self._set("failures", 0)

    @property
    def success_counter(self) -> int:
        return int(self._get("successes") or 0)

    def increment_success_counter(self) -> None:
        self._increment("successes")

    def reset_success_counter(self) -> None:
        self._set("successes", 0)

    @property
    def opened_at(self) -> datetime | None:
        at = self._get("opened_at")
        return datetime.fromtimestamp(float(at), UTC) if at else None

    @opened_at.setter
    def opened_at(self, moment: datetime) -> None:
        self._set("opened_at", moment.timestamp())


class _Probe:
    """The probe among the threads of all processes: a key with its taker, which expires."""

    def __init__(self, name: str, shared: Shared) -> None:
        self._key = key(name, "probe")
        self._shared = shared
        self._mine = local()

    def take(self) -> bool:
        taken = self._shared.ask(
            lambda client: client.set(self._key, self._shared.thread, nx=True, px=int(PROBE * 1000))
        )
        self._mine.taken = bool(taken)
        return bool(taken)

    def is_ours(self) -> bool:
        return getattr(self._mine, "taken", False)

    def give_back(self) -> None:
        self._mine.taken = False
        self._shared.ask(lambda client: client.eval(_GIVE_BACK, 1, self._key, self._shared.thread))
