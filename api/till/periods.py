"""Days and moments of a shop: where its days begin and end, summer time included."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from api.till.queries import wrong

DAY = timedelta(days=1)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of ``day`` in ``zone``, in UTC; also of a day that begins at one o'clock."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def start_of(when: date | datetime, zone: ZoneInfo) -> datetime:
    """From when on ``when`` is: a day from its first moment."""
    if not isinstance(when, datetime):
        return midnight(when, zone)
    return (when if when.tzinfo else when.replace(tzinfo=zone)).astimezone(UTC)


def stop_of(when: date | datetime, zone: ZoneInfo) -> datetime:
    """Until before when ``when`` is: a day to its end, a moment to itself."""
    if isinstance(when, datetime):
        return start_of(when, zone)
    return midnight(when + DAY, zone)


def day_of(when: date | datetime, zone: ZoneInfo) -> date:
    """The shop's day in which ``when`` is."""
    if not isinstance(when, datetime):
        return when
    return (when.astimezone(zone) if when.tzinfo else when).date()


def bounds(
    since: date | datetime | None, until: date | datetime | None, zone: ZoneInfo
) -> tuple[datetime | None, datetime | None]:
    """The first moment of a period and the one after its last; None where it is open."""
    if since is not None and until is not None:
        check_order(since, until, zone)
    start = None if since is None else start_of(since, zone)
    return start, None if until is None else stop_of(until, zone)


def check_order(since: date | datetime, until: date | datetime, zone: ZoneInfo) -> None:
    """``TillError`` when a period ends before it begins; it may be empty."""
    # A day's end is the next one's beginning, so moments alone would let the day before pass.
    backwards = day_of(until, zone) < day_of(since, zone)
    if backwards or stop_of(until, zone) < start_of(since, zone):
        raise wrong("jusqua", "ne peut pas précéder depuis")
