"""Connectors by their source's name, ready to speak."""

from __future__ import annotations

from connectors.connector import Connector
from syncs import registry


def to_source(name: str) -> Connector:
    """The connector of the source called ``name``; sends nothing.

    Raises ``ConfigurationError``, which says what it lacks, and ``RefusedError`` for a name that
    no source has.
    """
    connector: Connector = registry.find_source(name).open()
    return connector
