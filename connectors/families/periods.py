"""From when to when: periods of instants, and of days that begin where a location is. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.errors import AnswerError
from connectors.families.sales import Status

Moment = date | datetime
"""An instant; or a day, which begins at midnight where the vendor's location is."""


def check(start: Moment, end: Moment, status: str | None) -> None:
    """Raise ``ValueError`` for a status that there is none, and for an end before the start."""
    if status is not None and status not in get_args(Status):
        raise ValueError(f"status: {status!r} is none; use {', '.join(get_args(Status))}")
    if instant(end, "UTC") < instant(start, "UTC"):
        raise ValueError(f"end_date: {end} is before start_date, {start}")


def are_days(*moments: Moment) -> bool:
    """Whether any of them is a day, whose beginning depends on the place."""
    return not all(isinstance(moment, datetime) for moment in moments)


def instant(moment: Moment, zone: str) -> datetime:
    """``moment`` in UTC: a day's midnight in ``zone``; without a zone, this machine's time."""
    if isinstance(moment, datetime):
        return moment.astimezone(UTC)
    try:
        return datetime.combine(moment, time.min, ZoneInfo(zone)).astimezone(UTC)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise AnswerError(f"the location's zone {ascii(zone)[:60]} is not known here") from error
