"""What all processes share about a vendor: its limits, its breaker, and the notes of its calls."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from connectors import parts
from connectors.config import ConnectorConfig
from connectors.http.auth import Auth
from connectors.http.client import HTTPClient
from connectors.http.deadline import Timeouts
from connectors.http.request import NOTHING
from connectors.limits.rate import Rate
from connectors.limits.shared import Shared
from connectors.limits.shared_circuit import SharedCircuit
from connectors.limits.shared_throttle import SharedThrottle
from core.broker import broker_url
from syncs.calls import CallLog


def client(
    config: ConnectorConfig,
    *,
    name: str,
    auth: Auth,
    headers: Mapping[str, str] = NOTHING,
    within: Timeouts | None = None,
) -> HTTPClient:
    """The client of the configured connector ``name``, whose calls are noted in the store.

    ``within``: other timeouts than its configuration's.
    """
    return parts.client(
        config,
        name=name,
        auth=auth,
        headers=headers,
        within=within,
        limiter=limiter(name, parts.rate(config)),
        breaker=breaker(name),
        audit=audit(),
    )


@lru_cache(maxsize=100)
def limiter(name: str, rate: Rate) -> SharedThrottle:
    """The limiter of ``name``, for all processes."""
    return SharedThrottle(name, rate, _shared())


@lru_cache(maxsize=100)
def breaker(name: str) -> SharedCircuit:
    """The breaker of ``name``, for all processes."""
    return SharedCircuit(name, _shared())


@lru_cache(maxsize=1)
def audit() -> CallLog:
    """Where this process notes its calls."""
    return CallLog()


@lru_cache(maxsize=1)
def _shared() -> Shared:
    return Shared(broker_url)
