"""Housekeeping: old rows are deleted, and sources are looked at."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from celery import Task, shared_task
from sqlalchemy.orm import Session

from core.logs import get_logger
from db.session import reading, writing
from db.tills import terminals
from db.work import calls, folders, slots, webhooks
from syncs import health
from syncs.source import AnySource
from syncs.views import connectors
from tasks.durable import DurableTask

SLOTS_KEPT_DAYS = 30.0
CALLS_KEPT_DAYS = 30.0
EVENTS_KEPT_DAYS = 30.0
FOLDERS_KEPT_DAYS = 7.0
log = get_logger(__name__)

AT_ONCE = 5000
"""Rows in one transaction: on SQLite sales wait for it."""


@shared_task(name="upkeep.forget", base=DurableTask)
def forget() -> None:
    """Delete slots older than a month, save each sync's newest, signatures out of date, and notes
    of calls to vendors and of what they announced that are older than a month. Log what is wrong
    with connectors, such as an authorisation that ends within a week.
    """
    with writing() as session:
        slots.forget(session, older_than_days=SLOTS_KEPT_DAYS)
        folders.forget(session, older_than_days=FOLDERS_KEPT_DAYS)
    _in_parts(partial(terminals.forget_nonces, most=AT_ONCE))
    _in_parts(partial(calls.forget, older_than_days=CALLS_KEPT_DAYS, most=AT_ONCE))
    _in_parts(partial(webhooks.forget, older_than_days=EVENTS_KEPT_DAYS, most=AT_ONCE))
    log_problems()


def log_problems() -> None:
    """A line for each thing that is wrong with a connector."""
    with reading() as session:
        every = connectors.every(session)
    for each in every:
        for problem in each.problems:
            log.warning("connector", connector=each.name, state=each.state, **problem.dump())


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
