"""Messages that nobody can read: each is logged once, kept without its content, and gone.

Nothing of ours is lost with them: what has to be done is in the store, and is rung for again.
"""

from __future__ import annotations

import time

from sqlalchemy.exc import SQLAlchemyError

from core.document import Json
from core.logs import get_logger
from core.messages import UnreadError, outline
from db.session import writing
from db.work import failures
from syncs.trying import attempt

log = get_logger(__name__)

PATIENCE = 2.0
"""Seconds for the store: the worker takes no other message meanwhile."""
REST = 30.0
"""Seconds without a try after the store did not answer: of many messages each would wait for it."""

_silent_until = 0.0


def keep(raw: bytes, queue: str, error: UnreadError) -> None:
    """Log the message and keep it as a failed task; never raises.

    Without a store the log line is all that is left: whoever wrote the message cannot be asked to
    write it again, but a worker that waited with it would serve nobody.
    """
    global _silent_until  # noqa: PLW0603, one store a process
    said = note("message.unread", raw, error, queue=queue)
    if time.monotonic() < _silent_until:
        log.warning("message.not_kept", sha256=said["sha256"], error="the store was away just now")
        return
    try:
        _record(said, queue, error)
    except SQLAlchemyError as trouble:
        _silent_until = time.monotonic() + REST
        log.warning("message.not_kept", sha256=said["sha256"], error=type(trouble).__name__)


def note(event: str, raw: bytes, error: UnreadError, **fields: str) -> Json:
    """Log what can be said of the message, which is what is returned."""
    said = outline(raw)
    log.error(event, **fields, code=error.code, error=str(error), **said)
    return said


def _record(said: Json, queue: str, error: UnreadError) -> None:
    header = f", {said['header']}" if said["header"] else ""
    words = f"{error} Queue {queue}, {said['size']} bytes, sha256 {said['sha256'][:12]}{header}."
    with writing(patience=PATIENCE) as session:
        failures.record(
            session, task=failures.UNREAD, task_id=None, args=[], kwargs=said, queue=queue[:32],
            attempts=[{**attempt(error, None), "message": words}],
        )  # fmt: skip
