"""The consumer that survives the loss of Redis with a task in flight.

Celery 5.7.0 closes the broken connection twice; the second time raises outside the errors it
expects, and the worker exits with its message left in ``unacked``. See docs/explanation/celery.md
and tests/faults/test_redis.py; the cure goes when Celery's own comes.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import celery
from celery.worker.consumer import Consumer

from tasks import doorbell
from worker.sweeper import SWEEPER

CLOSES_TWICE = celery.version_info_t(5, 7, 0, "", "") == celery.VERSION
LONGEST_WAIT = 2.0
"""Seconds between two tries to reconnect; Celery's own wait grows to thirty."""


def _done() -> None:
    """The connection is closed already."""


class ResilientConsumer(Consumer):
    """Reconnects within two seconds, and sweeps when it has."""

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Celery's own, with a connection that can be closed twice."""
        if CLOSES_TWICE and self.connection is not None:
            self.connection.close = _done  # type: ignore[method-assign]  # the very point
        super().on_connection_error_after_connected(exc)

    def ensure_connected(self, conn: Any) -> Any:
        """Celery's own, with short waits between its tries; a reconnect wakes the sweeper."""
        conn.ensure_connection = partial(
            conn.ensure_connection, interval_start=0.2, interval_step=0.3, interval_max=LONGEST_WAIT
        )
        connected = super().ensure_connected(conn)
        doorbell.try_again()
        SWEEPER.sweep_soon()
        return connected
