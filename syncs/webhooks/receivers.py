"""Connectors that a vendor sends webhooks to: where it was told to, and how it signs."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.families import Events
from core.errors import ConfigurationError, NotFoundError
from core.settings import settings
from syncs import registry
from syncs.configured import Connected

PATH = "/webhooks/{name}/"
"""The route of the web process that vendors call."""


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """A connector's webhook. ``url`` is what the vendor was told, whatever a proxy makes of it."""

    name: str
    events: Events
    url: str
    key: str


def find(name: str) -> Receiver:
    """The webhook of the connector of this name.

    Raises ``NotFoundError`` when there is no such connector or it expects no webhooks, and
    ``ConfigurationError`` when something is wrong with it, or nobody said where they are sent to.
    """
    connectors = registry.connectors()
    connectors.require_valid(name)
    connected = connectors.connected.get(name)
    found = None if connected is None else of(connected)
    if found is None:
        raise NotFoundError("connector", f"named {name!r} that expects webhooks")
    return found


def names() -> list[str]:
    """The connectors that expect webhooks."""
    connected = registry.connectors().connected.values()
    return [each.name for each in connected if each.config.webhook and each.kind.events]


def of(connected: Connected) -> Receiver | None:
    """The connector's webhook; None when it expects none. ``ConfigurationError`` when nobody said
    where it is sent to.
    """
    name, webhook, events = connected.name, connected.config.webhook, connected.kind.events
    if webhook is None or events is None:
        return None
    public = settings().public_url
    url = webhook.url or (f"{public}{PATH.format(name=name)}" if public else "")
    if not url:
        raise ConfigurationError(
            f"{name}.webhook.url: is missing; without PUBLIC_URL nobody knows what is signed."
        )
    key = webhook.signature_key.get_secret_value()
    return Receiver(name=name, events=events, url=url, key=key)
