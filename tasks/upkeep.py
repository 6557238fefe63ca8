"""Housekeeping: what nobody will ask for again is forgotten."""

from __future__ import annotations

from celery import shared_task

from db import slots, terminals
from db.session import writing
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
