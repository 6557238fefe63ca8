"""Waking syncs whose data is stale: what a page does on its way, at no cost to its reader.

It reads one row a sync and, only when one is stale, inserts the due run; a worker's sweeper rings.
It never connects to Redis, never raises, and leaves a store that is away or busy in peace.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from threading import Lock

from sqlalchemy.exc import DBAPIError, OperationalError

from core.errors import ConfigurationError
from core.logs import correlation_scope, get_logger
from db.session import glancing, is_busy, writing
from syncs import gate
from syncs.declaration import AnySync

log = get_logger(__name__)

REST = 5.0
"""Seconds without a look after one failed: a store that is away is not asked by every page."""


class Waker:
    """Wakes ``syncs``; one a process, for it remembers that the store was away.

    One page at a time looks: when a thousand are read while the store hangs, one thread waits.
    """

    def __init__(self, syncs: Collection[AnySync]) -> None:
        self._syncs = syncs
        self._turn = Lock()
        self._silent_until = 0.0
        self._away = False

    def wake(self) -> None:
        """Make due what is stale, unless another page is at it or the store is away."""
        if time.monotonic() < self._silent_until or not self._turn.acquire(blocking=False):
            return
        try:
            self._look()
        except Exception as error:  # noqa: BLE001, nothing may break the page, maybe another site's
            self._rest(error)
        else:
            self._recover()
        finally:
            self._turn.release()

    def _look(self) -> None:
        with glancing() as session:
            stale = gate.stale(session, self._syncs)
        for sync in stale:
            _open(sync)

    def _rest(self, error: Exception) -> None:
        self._silent_until = time.monotonic() + REST
        if not self._away:
            log.warning("wake.stopped", **_cause(error))
        self._away = True

    def _recover(self) -> None:
        if self._away:
            log.info("wake.resumed")
        self._away = False


def _cause(error: Exception) -> dict[str, object]:
    """The log values of an error; a setting is named without its value."""
    values: dict[str, object] = {"error": type(error).__name__}
    if isinstance(error, ConfigurationError):
        values["problems"] = list(error.problems)
    if isinstance(error, DBAPIError):
        # The first line: the next ones may quote a statement.
        values["reason"] = str(error.orig).partition("\n")[0]
    return values


def _open(sync: AnySync) -> None:
    # Each run has an id of its own, and the thread that serves pages keeps none of them.
    with correlation_scope():
        try:
            with writing(patience=0) as session:
                answer = gate.decide(session, sync, trigger="page")
        except OperationalError as error:
            if not is_busy(error):
                raise
            # Somebody else writes; the next page asks again.
            log.debug("wake.busy", sync=sync.name)
            return
        if isinstance(answer, gate.Enqueued):
            log.info("wake.enqueued", sync=sync.name, run=answer.run_id)
