"""Fourteen days of a sync as a strip: a day is as good as its worst run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

DAYS = 14
WORST = ("failed", "needs_approval", "partial", "cancelled", "succeeded")


@dataclass(frozen=True)
class Day:
    """One day; ``status`` is None when nothing ran to an end."""

    day: date
    status: str | None
    runs: int


def days(runs: Iterable[tuple[datetime, str]], now: datetime, zone: ZoneInfo) -> list[Day]:
    """The last ``DAYS`` days by the clock on the wall, today last; ``runs`` are (when, status)."""
    today = now.astimezone(zone).date()
    first = today - timedelta(days=DAYS - 1)
    by_day: dict[date, list[str]] = {first + timedelta(days=each): [] for each in range(DAYS)}
    for moment, status in runs:
        ran = by_day.get(moment.astimezone(zone).date())
        if ran is not None and status in WORST:
            ran.append(status)
    return [
        Day(day, min(ran, key=WORST.index) if ran else None, len(ran))
        for day, ran in by_day.items()
    ]
