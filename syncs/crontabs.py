"""Instants of a crontab: the latest and the next one."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from celery.schedules import crontab
from celery.utils.time import remaining

LOOK_BACK = tuple(
    timedelta(**{unit: count})
    for unit, count in (("minutes", 10), ("hours", 3), ("days", 2), ("days", 33), ("days", 367))
)


@dataclass(frozen=True)
class Slot:
    """A scheduled instant (UTC) and the time until the next one."""

    at: datetime
    period: timedelta


def next_after(cron: crontab, when: datetime, zone: ZoneInfo) -> datetime:
    """The first instant of ``cron`` after ``when``; Celery's own rules, clock changes included."""
    own = copy(cron)
    # Celery would ask its app for both, and the app for a broker, which nobody needs to count.
    vars(own).update(tz=zone, nowfun=lambda: when)
    start, ahead, _ = own.remaining_delta(when, tz=zone)
    return when + remaining(start, ahead, when.astimezone(zone))


def latest(cron: crontab, now: datetime, zone: ZoneInfo) -> Slot | None:
    """The latest instant of ``cron`` that is not after ``now``."""
    for back in LOOK_BACK:
        at = next_after(cron, now - back, zone)
        if at > now:
            continue
        while (following := next_after(cron, at, zone)) <= now:
            at = following
        return Slot(at, following - at)
    return None
