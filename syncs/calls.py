"""Notes of calls to vendors, kept in the store."""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections import deque
from dataclasses import asdict

from sqlalchemy.exc import SQLAlchemyError

from connectors.audit import CallNote
from core.errors import MoulinError
from core.logs import get_logger
from db.session import writing
from db.work import calls

EVERY = 1.0
MOST = 10_000
"""Notes that wait while the store is away; then the oldest are given up."""
AT_ONCE = 500
PATIENCE = 5.0
"""Seconds that a process which ends waits for its turn to write."""

log = get_logger(__name__)


class CallLog:
    """Stores notes from a thread of its own, a second after the first of them.

    A call only adds to a list, and the store's troubles are not the call's: they are logged, and
    the notes wait for the next call. A process that is killed loses what it noted within the last
    second.
    """

    def __init__(self, *, every: float = EVERY) -> None:
        self._every = every
        self._waiting: deque[CallNote] = deque(maxlen=MOST)
        self._writer: threading.Thread | None = None
        self._storing = threading.Lock()
        self._fails = False
        os.register_at_fork(after_in_child=self._begin_anew)
        atexit.register(self.flush)

    def note(self, call: CallNote) -> None:
        """Keep ``call``, soon."""
        self._waiting.append(call)
        # Two writers at once do no harm.
        if self._writer is None or not self._writer.is_alive():
            self._writer = threading.Thread(target=self._write, name="calls", daemon=True)
            self._writer.start()

    def flush(self) -> None:
        """Store what waits, now."""
        with self._storing:
            while (batch := self._taken()) and self._store(batch):
                pass

    def _store(self, batch: list[CallNote]) -> bool:
        """Whether it is stored; else it waits again."""
        try:
            with writing(patience=PATIENCE) as session:
                calls.keep(session, [asdict(call) for call in batch])
        except (SQLAlchemyError, MoulinError) as error:
            self._waiting.extendleft(reversed(batch))
            if not self._fails:
                log.warning("calls.not_stored", error=type(error).__name__)
            self._fails = True
            return False
        if self._fails:
            log.info("calls.stored_again")
        self._fails = False
        return True

    def _write(self) -> None:
        time.sleep(self._every)
        # Who notes something from here on starts the next one.
        self._writer = None
        self.flush()

    def _taken(self) -> list[CallNote]:
        batch: list[CallNote] = []
        while self._waiting and len(batch) < AT_ONCE:
            batch.append(self._waiting.popleft())
        return batch

    def _begin_anew(self) -> None:
        """A forked process has its parent's notes, which the parent writes, and maybe its lock."""
        self._waiting.clear()
        self._storing = threading.Lock()
