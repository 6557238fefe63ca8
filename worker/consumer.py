"""The consumer that survives the loss of Redis with a task in flight, and any message.

It takes messages by ``worker.transport``, which reads each before Celery does.

Celery 5.7.0 closes the broken connection twice; the second time raises outside the errors it
expects, and the worker exits with its message left in ``unacked``. See docs/explanation/celery.md
and tests/faults/test_redis.py; the cure goes when Celery's own comes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import celery
from celery.worker.consumer import Consumer
from kombu.transport import redis

from tasks import doorbell
from worker.sweeper import SWEEPER
from worker.transport import Transport

CLOSES_TWICE = celery.version_info_t(5, 7, 0, "", "") == celery.VERSION
LONGEST_WAIT = 2.0
"""Seconds between two tries to reconnect; Celery's own wait grows to thirty."""


def _done() -> None:
    """The connection is closed already."""


def _reading(transport_cls: Callable[[], type[object]]) -> type[object]:
    """The transport that reads messages first, where the address is a Redis's."""
    given = transport_cls()
    return Transport if given is redis.Transport else given


class ResilientConsumer(Consumer):
    """Reconnects within two seconds, and sweeps when it has."""

    def __init__(self, *args: Any, **options: Any) -> None:
        # Workers need to know nothing of each other, and so need not read what each other wrote.
        super().__init__(*args, **options | {"without_gossip": True, "without_mingle": True})

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
        conn.get_transport_cls = partial(_reading, conn.get_transport_cls)
        connected = super().ensure_connected(conn)
        doorbell.try_again()
        SWEEPER.sweep_soon()
        return connected
