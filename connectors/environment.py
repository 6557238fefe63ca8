"""What a connector may do where: nobody develops on a vendor's real account."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from connectors.config import ConnectorConfig

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def may_write(
    config: ConnectorConfig, environment: str, *, sandboxes: Collection[str] = ()
) -> bool:
    """Whether commands may be sent to the connector's host (``api.base_url``, with the vendor's
    default in it): in ``production`` to any, in ``development`` to this machine and to the
    vendor's own ``sandboxes`` alone.
    """
    host = urlsplit(config.api.base_url or "").hostname or ""
    return environment == "production" or host in LOOPBACK or host in sandboxes
