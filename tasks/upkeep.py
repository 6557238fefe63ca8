"""Housekeeping: old rows are deleted, and sources are looked at."""

from __future__ import annotations

from celery import Task, shared_task

from db.session import writing
from db.tills import terminals
from db.work import slots
from syncs import health
from syncs.source import AnySource
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


def look_task(source: AnySource) -> Task[..., None]:
    """The task that looks at ``source`` once an hour; it does nothing if that is not configured."""

    @shared_task(name=health.task(source), base=DurableTask)
    def note() -> None:
        health.note_hourly(source)

    task: Task[..., None] = note
    return task


LOOKS = [look_task(source) for source in health.watched()]
