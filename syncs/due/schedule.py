"""Scheduled instants: the latest one of a crontab, and its claim."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from celery.schedules import crontab
from celery.utils.time import remaining

from core.settings import settings
from db import bulk
from db.session import reading, writing
from db.work import slots
from syncs import gate
from syncs.declaration import AnySync
from syncs.intervals import schedule

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


def following(sync: AnySync, now: datetime) -> datetime | None:
    """The next instant at which ``sync`` is due by itself, in UTC; None: never."""
    cron = schedule(sync)
    if cron is None:
        return None
    return next_after(cron, now, ZoneInfo(settings().timezone)).astimezone(UTC)


def claim_latest(sync: AnySync, *, trigger: str, now: datetime | None = None) -> gate.Answer | None:
    """Start the run of the sync's latest slot, unless somebody has: two beats give it one run.

    None when there is nothing to start. A slot that everybody missed is caught up within half a
    period; later the next one is near enough. ``now`` is the database's unless given.
    """
    cron = schedule(sync)
    if cron is None:
        return None
    with reading() as session:
        now = now or bulk.now(session)
        slot = latest(cron, now, ZoneInfo(settings().timezone))
        if slot is None or now - slot.at > slot.period / 2:
            return None
        if slots.is_claimed(session, sync.name, slot.at):
            return None
    with writing() as session, session.begin_nested() as savepoint:
        slot_id = slots.claim(session, sync.name, slot.at)
        if slot_id is None:
            return None
        answer = gate.decide(session, sync, trigger=trigger, slot=True)
        if isinstance(answer, gate.Enqueued):
            slots.give(session, slot_id, answer.run_id)
        if isinstance(answer, gate.Waiting | gate.Paused):
            # The slot stays free: it is asked for again while it may be caught up.
            savepoint.rollback()
        return answer
