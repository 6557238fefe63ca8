"""Time zones of places: a shop's days and moments are its own."""

from __future__ import annotations

from zoneinfo import available_timezones

_NO_PLACES = frozenset({"localtime", "Factory"})
"""Zones of the system's that name no place, or another one on each machine."""


def zone(name: str) -> str:
    """The name, as it is; ``ValueError`` when it is no time zone's."""
    if name not in available_timezones() - _NO_PLACES:
        raise ValueError("no such time zone; give one like Europe/Paris or Africa/Bamako.")
    return name
