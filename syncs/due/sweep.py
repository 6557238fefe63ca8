"""The sweeper's round: claim missed slots, and find the work that nobody does.

The store is the queue of record and Redis a doorbell: whatever was lost there is rung for again.
"""

from __future__ import annotations

import time

from core.errors import MoulinError
from core.logs import get_logger
from db.session import writing
from syncs import health
from syncs.due.kinds import KINDS, Ring
from syncs.due.schedule import claim_latest
from syncs.registry import SYNCS

log = get_logger(__name__)

QUIET = 9.0
"""Seconds for which a row that was rung for is not rung for again."""


def once(*, back_at: float = float("-inf")) -> list[Ring]:
    """One round: the rows to ring for now. The caller rings.

    ``back_at`` is when the broker came back, by ``time.monotonic()``: it may have lost every ring
    from before.
    """
    for sync in SYNCS.values():
        try:
            claim_latest(sync, trigger="schedule")
        except MoulinError as error:
            # One sync's wrong setting must not keep the others from being rung for.
            log.warning("sweep.slot_failed", sync=sync.name, error=str(error))
    with writing() as session:
        quiet = min(QUIET, time.monotonic() - back_at)
        rings = [ring for kind in KINDS for ring in kind.to_ring(session, quiet=quiet)]
    if rings:
        log.debug("sweep.rings", rows=rings)
    return rings


def missed() -> list[str]:
    """Tasks to which no row belongs, and for which beat should have rung."""
    return [health.task(source) for source in health.watched() if health.missed(source)]
