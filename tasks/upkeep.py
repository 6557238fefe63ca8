"""Housekeeping: what nobody will ask for again is forgotten."""

from __future__ import annotations

from celery import shared_task

from db import slots
from db.session import writing
from tasks.durable import DurableTask

SLOTS_KEPT_DAYS = 30.0


@shared_task(name="upkeep.forget", base=DurableTask)
def forget() -> None:
    """Delete slots older than a month, save each sync's newest."""
    with writing() as session:
        slots.forget(session, older_than_days=SLOTS_KEPT_DAYS)
