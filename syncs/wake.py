"""Waking syncs whose data is stale: what a page does on its way, at no cost to who reads it.

It reads one row a sync and, only when one is stale, inserts the due run; a worker's sweeper rings.
It never speaks to Redis, never raises, and leaves a store that is away or busy in peace.
"""

from __future__ import annotations

import time
from collections.abc import Collection

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from core.errors import MoulinError
from core.logs import get_logger
from db.session import reading, writing
from syncs import gate
from syncs.declaration import AnySync

log = get_logger(__name__)

REST = 5.0
"""Seconds without a look after the store did not answer: pages must not wait for it."""
_TROUBLE = (DBAPIError, PoolTimeoutError, MoulinError, OSError)


class Waker:
    """Wakes ``syncs``; one a process, for it remembers when the store was away."""

    def __init__(self, syncs: Collection[AnySync]) -> None:
        self._syncs = syncs
        self._silent_until = 0.0

    def wake(self, trigger: str = "page") -> None:
        """Make due what is stale."""
        if time.monotonic() < self._silent_until:
            return
        try:
            with reading() as session:
                stale = gate.stale(session, self._syncs)
        except _TROUBLE as error:
            self._silent_until = time.monotonic() + REST
            log.warning("wake.store_away", error=type(error).__name__)
            return
        for sync in stale:
            self._open(sync, trigger)

    def _open(self, sync: AnySync, trigger: str) -> None:
        try:
            with writing(patience=0) as session:
                answer = gate.decide(session, sync, trigger=trigger)
        except _TROUBLE as error:
            # Somebody else writes; the next page asks again.
            log.debug("wake.busy", sync=sync.name, error=type(error).__name__)
        else:
            if isinstance(answer, gate.Enqueued):
                log.info("wake.enqueued", sync=sync.name, run=answer.run_id)
