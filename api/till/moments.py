"""Days and moments in answers to tills."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo


def moment(value: datetime, zone: ZoneInfo) -> str:
    """ISO 8601 to the millisecond, with the offset of ``zone``."""
    return value.astimezone(zone).isoformat(timespec="milliseconds")


def day_or_moment(value: date | datetime, zone: ZoneInfo) -> str:
    """``value`` in the form of the query: a day as a day."""
    if not isinstance(value, datetime):
        return value.isoformat()
    return moment(value if value.tzinfo else value.replace(tzinfo=zone), zone)
