"""Where the broker is: ``REDIS_URL``, else the embedded server, if one runs; and its queues."""

from __future__ import annotations

from pathlib import Path

from core.advice import Advised
from core.errors import ConfigurationError
from core.settings import settings

QUEUES = ("sales", "outbox", "upkeep", "sync")
PREFIX = "moulin:"
"""Before each of our keys: two applications on one database do not mix."""


def embedded_address() -> Path:
    """The file that holds the running embedded server's URL, its password included (0600)."""
    return settings().var_dir / "redis.url"


def broker_url() -> str:
    """The broker's URL; ``ConfigurationError`` names how to get one."""
    given = settings().redis_url
    if given is not None:
        return given.get_secret_value()
    try:
        return embedded_address().read_text("utf-8").strip()
    except FileNotFoundError:
        raise ConfigurationError(Advised("No broker: set REDIS_URL.", "start a broker")) from None
