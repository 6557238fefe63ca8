"""The doorbell of the web process: a thread rings, so that no request ever waits for the broker.

Whatever is rung for is in the store; a ring that is lost costs seconds, for a worker's
sweeper rings again. A Redis that hangs would hold a caller for half a minute.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

from core.errors import ConfigurationError
from core.logs import get_logger
from tasks import doorbell
from worker import app as celery

log = get_logger(__name__)

MOST_WAITING = 1000
PATIENCE = 1.0
"""Seconds a look at the broker may hold a request."""
REMEMBERED = 5.0
"""Seconds for which the broker's last answer is repeated."""

# Short, and of the probe alone: a worker's connections may be more patient.
_PROBE = {"socket_timeout": 0.3, "socket_connect_timeout": 0.3}


class Bell:
    """Rings in the order of the calls; what comes faster than it can ring is left to sweepers."""

    def __init__(
        self,
        *,
        ring: Callable[[str, int], bool],
        look: Callable[[], bool],
        silent: Callable[[], bool] = bool,
        most: int = MOST_WAITING,
    ) -> None:
        self._ring = ring
        self._look = look
        self._silent = silent
        self._waiting: queue.Queue[Callable[[], None]] = queue.Queue(most)
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._heard = False
        self._looked = threading.Event()
        self._looked_at = float("-inf")

    def ring(self, task: str, ident: int) -> None:
        """Wake a worker for ``task`` on the row ``ident``, soon; returns at once."""
        self._add(lambda: self._ring_now(task, ident))

    def unheard(self) -> bool:
        """Whether no worker hears the bell now, so that waiting for a result is in vain."""
        return self._silent()

    def answers(self) -> bool:
        """Whether the broker answers, or did within the last seconds."""
        if self._forgotten:
            self._looked.clear()
            self._add(self._look_now)
            if not self._looked.wait(PATIENCE):
                self._remember(heard=False)
        return self._heard

    @property
    def _forgotten(self) -> bool:
        return time.monotonic() - self._looked_at > REMEMBERED

    def _remember(self, *, heard: bool) -> None:
        self._heard, self._looked_at = heard, time.monotonic()

    def _ring_now(self, task: str, ident: int) -> None:
        try:
            self._ring(task, ident)
        except ConfigurationError as error:
            # Without a broker's address; the order itself is in the store.
            log.warning("bell.no_broker", problems=list(error.problems))

    def _look_now(self) -> None:
        # One look serves all callers that asked while the bell was held up.
        if self._forgotten:
            self._remember(heard=self._look())
        self._looked.set()

    def _add(self, work: Callable[[], None]) -> None:
        with self._starting:
            # A forked process has the object and not its thread.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
                self._thread.start()
        try:
            self._waiting.put_nowait(work)
        except queue.Full:
            log.warning("bell.full", waiting=self._waiting.maxsize)

    def _run(self) -> None:
        while True:
            self._waiting.get()()


def reachable() -> bool:
    """Whether the broker answers now, within a second or two."""
    try:
        connection = celery.connection_for_write(transport_options=_PROBE)
    except ConfigurationError:
        return False
    with connection:
        try:
            connection.connect()
        except connection.connection_errors:
            return False
    return True


BELL = Bell(ring=doorbell.ring, look=reachable, silent=doorbell.silent)
