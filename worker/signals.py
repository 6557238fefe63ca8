"""What a worker's processes do at their beginning and end."""

from __future__ import annotations

from celery.signals import (
    beat_init,
    before_task_publish,
    setup_logging,
    worker_process_init,
    worker_ready,
    worker_shutting_down,
)

from core import logs
from core.logs import get_logger
from db import session
from syncs.acts.folders import FolderNote
from syncs.registry import SOURCES
from worker.sweeper import SWEEPER

log = get_logger(__name__)

OF_BEAT = FolderNote("beat")


def connect() -> None:
    """Listen; the receivers are module functions, so that Celery's weak references hold."""
    setup_logging.connect(configure_logs)
    worker_process_init.connect(forget_connections)
    worker_ready.connect(start_sweeping)
    worker_shutting_down.connect(stop_sweeping)
    beat_init.connect(configure_logs)
    beat_init.connect(tell_what_never_runs)
    beat_init.connect(note_folder_of_beat)


def configure_logs(**_: object) -> None:
    """Our log lines instead of Celery's."""
    logs.configure()


def tell_what_never_runs(**_: object) -> None:
    """Warn, once and in beat, of sources that are not configured: they have no entry."""
    for source in SOURCES.values():
        event = f"{source.name}.not_configured"
        if not source.is_configured:
            log.warning(event, set=" and ".join(source.needs))


def note_folder_of_beat(**_: object) -> None:
    """Note which connectors beat has read, now and whenever it sends something."""
    OF_BEAT()
    before_task_publish.connect(OF_BEAT, weak=False)


def forget_connections(**_: object) -> None:
    """A forked child must not use, nor close, its parent's connections."""
    session.dispose(close=False)


def start_sweeping(**_: object) -> None:
    """Start to ring for unanswered rows: the worker's main process takes messages now."""
    SWEEPER.start()


def stop_sweeping(**_: object) -> None:
    """Ring no more: a worker that goes down takes no messages."""
    SWEEPER.stop()
