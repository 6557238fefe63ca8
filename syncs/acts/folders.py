"""Each process notes which connectors it has read, so that processes which differ are noticed."""

from __future__ import annotations

import socket
import threading
import time

from sqlalchemy.exc import SQLAlchemyError

from core.errors import MoulinError
from core.logs import get_logger
from db.session import writing
from db.work import folders
from syncs import registry

EVERY = 300.0
"""Seconds after which a process that still lives notes it again."""
PATIENCE = 1.0

log = get_logger(__name__)


class FolderNote:
    """Notes for one process; whoever is at work calls it, and mostly it does nothing."""

    def __init__(self, role: str) -> None:
        self.role = role
        self._due = float("-inf")
        self._lock = threading.Lock()

    def __call__(self, **_: object) -> None:
        """Note it when it is due; when the store is away that is others' trouble."""
        with self._lock:
            if time.monotonic() < self._due:
                return
            is_first, self._due = self._due < 0, time.monotonic() + EVERY
        try:
            found = registry.connectors()
            if is_first:
                for each in found.invalid:
                    log.warning("connector.invalid", connector=each.name, problems=each.problems)
            with writing(patience=PATIENCE) as session:
                host = socket.gethostname()[:100]
                folders.note(session, role=self.role, host=host, digest=found.digest)
        except (SQLAlchemyError, MoulinError) as error:
            log.info("connectors.not_noted", error=type(error).__name__)
