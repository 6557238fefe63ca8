"""Ringing: a message that carries an id. A lost one costs seconds, for the sweeper rings again."""

from __future__ import annotations

import time

from celery import current_app
from kombu.exceptions import OperationalError

from core.errors import ConfigurationError
from core.logs import get_logger

log = get_logger(__name__)

IMPATIENT = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}
REST = 5.0
"""Seconds without a try after the broker did not answer: a web request must not wait for it."""

# This process's last failure to reach the broker.
_silent_until = 0.0


def silent() -> bool:
    """Whether the broker did not answer this process within the last seconds."""
    return time.monotonic() < _silent_until


def try_again() -> None:
    """The broker has answered this process elsewhere: the next ring need not wait."""
    global _silent_until  # noqa: PLW0603, one broker a process
    _silent_until = 0.0


def ring(task: str, ident: int) -> bool:
    """Ring for the row ``ident``, which waits for ``task``; False when the broker is away, which
    never raises.
    """
    return send(task, args=[ident])


def send(
    task: str, *, args: list[object] | None = None, kwargs: dict[str, object] | None = None,
    task_id: str | None = None,
) -> bool:  # fmt: skip
    """Send a message, best effort; whether it went out."""
    global _silent_until  # noqa: PLW0603, one broker a process
    if silent():
        return False
    try:
        # A connection of its own: a worker's are patient, and a frozen Redis would hold us
        # for half a minute.
        with current_app.connection_for_write(transport_options=IMPATIENT) as connection:
            current_app.send_task(
                task, args=args or [], kwargs=kwargs or {}, task_id=task_id, connection=connection
            )
    except ConfigurationError:
        # A broker that is not configured is not silent.
        log.warning("doorbell.no_broker", task=task)
        return False
    except (OperationalError, OSError, RuntimeError) as error:
        # RuntimeError is what Celery raises when its own retries are used up.
        _silent_until = time.monotonic() + REST
        log.warning("doorbell.silent", task=task, error=type(error).__name__)
        return False
    return True
