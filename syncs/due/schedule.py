"""Scheduled instants of a sync: when the next one is, and the claim of the latest."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from core.settings import settings
from db import bulk
from db.session import reading, writing
from db.work import slots
from syncs import gate
from syncs.crontabs import latest, next_after
from syncs.declaration import AnySync
from syncs.intervals import schedule


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
