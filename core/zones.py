"""Time zones of places, and the hour at which a day begins: a shop's days are its own."""

from __future__ import annotations

import re
from functools import lru_cache
from zoneinfo import available_timezones

_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII).fullmatch
_NO_PLACES = frozenset({"localtime", "Factory"})
"""Zones of the system's that name no place, or another one on each machine."""


# Listing them reads a directory, and every ticket of a till has one.
@lru_cache
def zone(name: str) -> str:
    """The name, as it is; ``ValueError`` when it is no time zone's."""
    if name not in available_timezones() - _NO_PLACES:
        raise ValueError("no such time zone; give one like Europe/Paris or Africa/Bamako.")
    return name


def day_start(clock: str) -> str:
    """The time, as it is; ``ValueError`` when it is no time of a day."""
    if not _CLOCK(clock):
        raise ValueError("no time of a day; give one like 05:00.")
    return clock
