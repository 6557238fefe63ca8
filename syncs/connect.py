"""Connectors by their source's name, ready to use."""

from __future__ import annotations

from connectors.connector import Connector
from syncs import registry


def to_source(name: str) -> Connector:
    """The connector of the source called ``name``; sends nothing.

    Raises ``ConfigurationError``, which names what is missing, and ``RefusedError`` for a name that
    no source has.
    """
    connector: Connector = registry.find_source(name).open()
    return connector
