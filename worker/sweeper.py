"""The sweeper: a timer thread in every worker's main process that rings for unanswered rows.

It needs neither beat nor a free child. Sweepers of many workers do not disturb each other: a row
is marked as rung for by a conditional UPDATE.
"""

from __future__ import annotations

import random
import threading
import time

from core.logs import get_logger
from db.work.claims import AT_ONCE
from syncs.acts.folders import FolderNote
from syncs.due import sweep
from tasks.doorbell import ring, send

log = get_logger(__name__)

EVERY = 10.0
NOTE_FOLDER = FolderNote("worker")


class Sweeper:
    """Rounds each ten seconds with jitter, and at once when asked (a reconnect)."""

    def __init__(self) -> None:
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._back_at = float("-inf")

    def start(self) -> None:
        """Begin, once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End after the round that is on its way."""
        self._stopped.set()
        self._wake.set()

    def sweep_soon(self) -> None:
        """The broker is back, maybe empty: ring again for all that was rung for before, at once."""
        self._back_at = time.monotonic()
        self._wake.set()

    def _run(self) -> None:
        down = False
        while not self._stopped.is_set():
            try:
                self._round()
            except Exception as error:  # noqa: BLE001 - the edge of a thread that must not end
                # Mostly the store is away: logged once, and once when it is back.
                if not down:
                    log.warning("sweeper.fails", error=type(error).__name__)
                down = True
            else:
                if down:
                    log.info("sweeper.recovers")
                down = False
            self._wake.wait(EVERY * random.uniform(0.8, 1.0))  # noqa: S311, jitter is no secret
            self._wake.clear()

    def _round(self) -> None:
        NOTE_FOLDER()
        rings = sweep.once(back_at=self._back_at)
        for task, ident in rings:
            ring(task, ident)
        for task in sweep.missed():
            send(task)
        if len(rings) >= AT_ONCE and time.monotonic() - self._back_at < sweep.QUIET:
            # More was lost than one round takes. Only then: of a queue that is merely long, each
            # round would double the messages.
            self._wake.set()


SWEEPER = Sweeper()
