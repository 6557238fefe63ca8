"""The sweeper's round: claim missed slots, and find the runs nobody answers for.

The store is the queue of record and Redis a doorbell: whatever was lost there is rung for again.
"""

from __future__ import annotations

from core.errors import MoulinError
from core.logs import get_logger
from db import runs
from db.session import writing
from syncs.registry import SYNCS
from syncs.schedule import claim_latest

log = get_logger(__name__)

QUIET = 9.0
"""Seconds for which a run that was rung for is not rung for again."""


def once() -> list[tuple[str, int]]:
    """One round; the rows to ring for now, (task, id). Nothing is sent from here."""
    for sync in SYNCS.values():
        try:
            claim_latest(sync, trigger="schedule")
        except MoulinError as error:
            # One sync's wrong setting must not keep the others from being rung for.
            log.warning("sweep.slot_failed", sync=sync.name, error=str(error))
    with writing() as session:
        found = [(f"sync.{sync}", ident) for ident, sync in runs.to_ring(session, quiet=QUIET)]
    if found:
        log.debug("sweep.rings", rows=found)
    return found
