"""Beat's entries: one per declared schedule, and our own housekeeping; nothing is typed twice."""

from __future__ import annotations

from typing import Any

from celery.schedules import crontab

from syncs import health
from syncs.intervals import schedule
from syncs.registry import SYNCS

HOUSEKEEPING = {"upkeep.forget": crontab(minute="40", hour="3")}


def entries() -> dict[str, dict[str, Any]]:
    """Beat's schedule, by task name. Beat only enqueues: the slot is claimed in the store.

    A source that nobody configured has no entry.
    """
    syncs = {
        sync.task: {"task": sync.task, "schedule": when, "kwargs": {"trigger": "beat"}}
        for sync in SYNCS.values()
        if (when := schedule(sync)) is not None
    }
    looks = {
        health.task(source): health.HOURLY for source in health.watched() if source.is_configured
    }
    own = (HOUSEKEEPING | looks).items()
    return syncs | {name: {"task": name, "schedule": when} for name, when in own}
