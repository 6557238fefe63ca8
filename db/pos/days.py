"""The business day of a moment: a bar's night belongs to the evening before."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def business_date(moment: datetime, *, zone: str, day_starts_at: str) -> date:
    """The day that ``moment`` counts for in ``zone``, where a day begins at ``day_starts_at``
    (HH:MM), on days of 23 and 25 hours as well.
    """
    place, begins = ZoneInfo(zone), time.fromisoformat(day_starts_at)
    local = moment.astimezone(place)
    # An hour that comes twice does not bring the evening before back: the day began when the clock
    # showed ``begins`` for the first time.
    begun = datetime.combine(local.date(), begins, place).astimezone(UTC)
    if local.time() >= begins or moment >= begun:
        return local.date()
    return local.date() - timedelta(days=1)
