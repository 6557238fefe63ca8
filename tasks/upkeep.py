"""Housekeeping: old rows are deleted, and sources are looked at."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from celery import Task, shared_task
from sqlalchemy.orm import Session

from db.session import writing
from db.tills import terminals
from db.work import calls, slots
from syncs import health
from syncs.source import AnySource
from tasks.durable import DurableTask

SLOTS_KEPT_DAYS = 30.0
CALLS_KEPT_DAYS = 30.0
AT_ONCE = 5000
"""Rows in one transaction: on SQLite sales wait for it."""


@shared_task(name="upkeep.forget", base=DurableTask)
def forget() -> None:
    """Delete slots older than a month, save each sync's newest, signatures out of date, and notes
    of calls to vendors older than a month.
    """
    with writing() as session:
        slots.forget(session, older_than_days=SLOTS_KEPT_DAYS)
    _in_parts(partial(terminals.forget_nonces, most=AT_ONCE))
    _in_parts(partial(calls.forget, older_than_days=CALLS_KEPT_DAYS, most=AT_ONCE))


def _in_parts(forget: Callable[[Session], int]) -> None:
    while True:
        with writing() as session:
            forgotten = forget(session)
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
