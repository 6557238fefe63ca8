"""The client of a connector, put together from its configuration.

Without others its limiter and its breaker are this process's, one for all clients of a name and
address.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

import requests

from connectors.audit import Audit, Calls
from connectors.config import ConnectorConfig
from connectors.http import transport
from connectors.http.auth import Auth
from connectors.http.breaker import Breaker
from connectors.http.client import HTTPClient
from connectors.http.deadline import Timeouts
from connectors.http.limiter import Limiter
from connectors.http.request import NOTHING
from connectors.limits import circuit
from connectors.limits.rate import Rate
from connectors.limits.throttle import Throttle
from connectors.sections import Connection
from core.errors import ConfigurationError


def client(
    config: ConnectorConfig,
    *,
    name: str,
    auth: Auth,
    headers: Mapping[str, str] = NOTHING,
    within: Timeouts | None = None,
    limiter: Limiter | None = None,
    breaker: Breaker | None = None,
    audit: Audit | None = None,
) -> HTTPClient:
    """The connector's client; ``ConfigurationError`` when nobody says where the vendor is."""
    url = _address(config, name)
    return HTTPClient(
        url,
        auth=auth,
        headers=headers,
        timeouts=within or timeouts(config),
        advice=f"check {name}.auth",
        limiter=limiter or _limiter(name, url, rate(config)),
        breaker=breaker or _breaker(name, url),
        calls=None if audit is None else Calls(name, audit),
        session=_session(url, config.connection),
    )


def _address(config: ConnectorConfig, name: str) -> str:
    if config.api.base_url is None:
        raise ConfigurationError(f"{name}.api.base_url: is missing.")
    return config.api.base_url


def _session(url: str, connection: Connection) -> requests.Session:
    return transport.session(
        urlsplit(url).scheme, hosts=connection.pool_connections, kept=connection.pool_maxsize
    )


def timeouts(config: ConnectorConfig) -> Timeouts:
    """How long a call may take, from ``connection``."""
    connection = config.connection
    return Timeouts.of(
        connection.timeout, retries=connection.max_retries, pause=connection.retry_delay
    )


def rate(config: ConnectorConfig) -> Rate:
    """How often the vendor may be asked, from ``rate_limit``."""
    limit = config.rate_limit
    return Rate(
        per_second=limit.max_requests_per_second,
        per_minute=limit.max_requests_per_minute,
        waits=limit.throttle_on_limit,
    )


@lru_cache(maxsize=100)
def _limiter(_name: str, _url: str, rate: Rate) -> Throttle:
    return Throttle(rate)


@lru_cache(maxsize=100)
def _breaker(name: str, _url: str) -> circuit.Circuit:
    return circuit.own(name)
