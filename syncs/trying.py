"""Trying again: what one attempt leaves behind, how long to wait, and when it is the end.

Read by all claimed work, whose row counts the attempts that failed; see ``db.work.claims``.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy.exc import (
    DBAPIError,
    DisconnectionError,
    InterfaceError,
    InternalError,
    OperationalError,
    StatementError,
)

from core import backoff
from core.errors import MoulinError, RetriableError
from core.logs import redact

MOST_FAILURES = 5
"""Consecutive attempts without progress; then the work has failed and waits for a person."""
FIRST_KEPT, NEWEST_KEPT = 5, 20
"""Of very many attempts, those whose errors are kept."""

REFUSED = (StatementError, UnicodeEncodeError, OverflowError, RecursionError)
"""What a driver raises, or SQLAlchemy before it, for a value that cannot be sent or stored.

``OperationalError`` is a ``StatementError`` too, but means that the database is away.
"""
BROKEN_OFF = (OperationalError, InterfaceError, InternalError, DisconnectionError)
"""The database broke the transaction off: a deadlock, a restart, and ``InternalError`` of a server
that became read-only, or that ended a transaction that stood still."""

Attempt = Mapping[str, object]
"""One attempt's error: {at, type, code, message, traceback, task_id}."""


def wait_after(
    failures: int, *, first: float = backoff.FIRST, retry_after: float | None = None,
    blameless: bool = False,
) -> float | None:  # fmt: skip
    """Seconds until the next attempt, no sooner than the source asked; None: that was the last.

    ``blameless``: the work is not what failed, so there is always a next one.
    """
    if failures >= MOST_FAILURES and not blameless:
        return None
    return max(retry_after or 0.0, backoff.full_jitter(failures, first=first))


def retry_after(error: BaseException) -> float | None:
    """Seconds for which the source asked to be left alone, if it did."""
    return error.retry_after if isinstance(error, RetriableError) else None


def attempt(error: BaseException, task_id: str | None) -> Attempt:
    """One attempt's error as it is kept: no value of a record is in it, and no secret."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "type": type(error).__name__,
        "code": getattr(error, "code", None),
        "message": message_of(error),
        "traceback": _trace(error)[-8000:],
        "task_id": task_id,
    }


def attempts(
    earlier: Sequence[Attempt], error: BaseException, task_id: str | None
) -> list[Attempt]:
    """Every attempt's error, this one's last; of very many the first five and the newest twenty."""
    every = [*earlier, attempt(error, task_id)]
    if len(every) <= FIRST_KEPT + NEWEST_KEPT:
        return every
    return [*every[:FIRST_KEPT], *every[-NEWEST_KEPT:]]


def died(*, without: str = "saying why", then: str = "") -> MoulinError:
    """The error of work that was claimed too often: its workers die before they can record one."""
    return MoulinError(
        f"{MOST_FAILURES} tries died without {without} (killed, out of memory?). Look at the "
        f"worker's log, then retry it{then}.",
        code="DIED",
    )


def message_of(error: BaseException) -> str:
    """The error's message. Of a foreign error the first line only: a database's next ones quote
    the row.
    """
    text = str(error)
    return redact(text if isinstance(error, MoulinError) else text.partition("\n")[0])[:2000]


def quotes_row(error: BaseException) -> bool:
    """Whether the message may hold values of a record: a database's, of a row that it refuses."""
    return isinstance(error, DBAPIError) and not isinstance(error, OperationalError)


def _trace(error: BaseException) -> str:
    """The frames of the error and of its causes, each with its message, outermost last."""
    parts: list[str] = []
    link: BaseException | None = error
    while link is not None:
        frames = "".join(traceback.format_tb(link.__traceback__))
        parts.append(f"{redact(frames)}{type(link).__name__}: {message_of(link)}")
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\n\n".join(reversed(parts))
