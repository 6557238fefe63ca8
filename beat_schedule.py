"""Beat's entries: one per declared schedule, and our own housekeeping; nothing is typed twice."""

from __future__ import annotations

from typing import Any

from celery.schedules import crontab

from syncs import connect
from syncs.intervals import schedule
from syncs.registry import SYNCS
from syncs.sources import template_health

HOUSEKEEPING = {"upkeep.forget": crontab(minute="40", hour="3")}
OF_SOURCES = {template_health.NAME: ("template", template_health.HOURLY)}
"""What is done for a source, while somebody wants it."""


def entries() -> dict[str, dict[str, Any]]:
    """Beat's schedule, by task name. Beat only rings: the slot is claimed in the store.

    A source that nobody configured has no entry.
    """
    found = {
        sync.task: {"task": sync.task, "schedule": when, "kwargs": {"trigger": "beat"}}
        for sync in SYNCS.values()
        if (when := schedule(sync)) is not None
    }
    wanted = {
        name: when for name, (source, when) in OF_SOURCES.items() if connect.is_configured(source)
    }
    own = (HOUSEKEEPING | wanted).items()
    return found | {name: {"task": name, "schedule": when} for name, when in own}
