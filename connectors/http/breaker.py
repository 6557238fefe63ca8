"""A circuit breaker: a source that is down gets no requests."""

from __future__ import annotations

from typing import Protocol

from connectors.errors import APIError


class Breaker(Protocol):
    """Consulted before every request; learns in the same thread how each one ended."""

    def check(self) -> None:
        """Return when a request may be sent.

        Raises a retriable ``APIError``, its ``unsent`` true, while the circuit is open.
        """

    def note(self, error: APIError | None) -> None:
        """One request ended, with ``error`` or well. A 4xx is an answer: the source is alive.

        After an error that is ``unsent`` nothing is known of it, unless it cannot be reached.
        """


class Closed:
    """A circuit that never opens."""

    def check(self) -> None:
        """At once."""

    def note(self, error: APIError | None) -> None:
        """Nothing is remembered."""
