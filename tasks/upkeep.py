"""Housekeeping: what nobody will ask for again is forgotten, and who is well is looked at."""

from __future__ import annotations

from celery import shared_task

from db.session import writing
from db.tills import terminals
from db.work import slots
from syncs.sources import template_health
from tasks.durable import DurableTask

SLOTS_KEPT_DAYS = 30.0
AT_ONCE = 5000
"""Rows in one transaction: on SQLite sales wait for it."""


@shared_task(name="upkeep.forget", base=DurableTask)
def forget() -> None:
    """Delete slots older than a month, save each sync's newest, and signatures out of date."""
    with writing() as session:
        slots.forget(session, older_than_days=SLOTS_KEPT_DAYS)
    while True:
        with writing() as session:
            forgotten = terminals.forget_nonces(session, most=AT_ONCE)
        if forgotten < AT_ONCE:
            break


@shared_task(name=template_health.NAME, base=DurableTask)
def look_at_template() -> None:
    """Note how the art site's export is, once an hour whoever asks; nothing if there is none."""
    template_health.note_hourly()
