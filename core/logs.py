"""Logs: one event a line, key=value or JSON, redacted, with the correlation id in every line.

Lines of libraries take the same way through the same formatter. Nothing is set up at import;
until ``configure`` was called the standard library prints warnings to stderr.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, TextIO, cast
from uuid import uuid4

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from core.details import printable
from core.redaction import redact, redact_field
from core.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "bind_correlation_id",
    "configure",
    "correlation_id",
    "correlation_scope",
    "get_logger",
    "new_correlation_id",
    "redact",
]

Logger = structlog.stdlib.BoundLogger

_HANDLER = "moulin"
# Their debug lines hold whole requests.
_TALKATIVE = ("urllib3", "asyncio", "alembic")
_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII).fullmatch
_PLAIN = re.compile(r"[^\s\"=\\\[\]{}]+").fullmatch

_correlation: ContextVar[str | None] = ContextVar("correlation_id", default=None)


def correlation_id() -> str | None:
    """The id of the request, task or command we are working for; None outside of any."""
    return _correlation.get()


def new_correlation_id() -> str:
    """A fresh id, bound to this context."""
    return bind_correlation_id(None)


def bind_correlation_id(given: str | None) -> str:
    """The id of this context from now on: ``given``, or a fresh one if that is missing or unfit."""
    chosen = given if given and _ACCEPTED_ID(given) else uuid4().hex
    _correlation.set(chosen)
    return chosen


@contextmanager
def correlation_scope(given: str | None = None) -> Iterator[str]:
    """Work under ``given`` (or a fresh id) inside the block, and as before after it."""
    before = _correlation.get()
    try:
        yield bind_correlation_id(given)
    finally:
        _correlation.set(before)


def get_logger(name: str) -> Logger:
    """A logger: ``log.info("sync.started", run=12)``; ``configure`` may come before or after."""
    chain = [
        structlog.stdlib.filter_by_level,
        *_COMMON,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ]
    logger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=chain,
        wrapper_class=Logger,
        cache_logger_on_first_use=True,
    )
    return cast("Logger", logger)


def configure(stream: TextIO | None = None) -> None:
    """Log to ``stream`` (stderr) by the settings; again: replaces what it set up before."""
    chosen = settings()
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.set_name(_HANDLER)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_COMMON,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _json_line if chosen.log_format == "json" else _console_line,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [kept for kept in root.handlers if kept.get_name() != _HANDLER] + [handler]
    root.setLevel(chosen.log_level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.INFO, root.level))


def _add_correlation_id(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    if (current := _correlation.get()) is not None:
        event.setdefault("correlation_id", current)
    return event


def _without_remains(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    # Another handler that formatted the record before us leaves its work on it.
    for name in ("message", "asctime"):
        if "_record" in event:
            event.pop(name, None)
    return event


def _redacted(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return {
        # What structlog itself hands from step to step is not written.
        key: value if key.startswith("_") else redact_field(key, value)
        for key, value in event.items()
    }


def _json_line(_: WrappedLogger, __: str, event: EventDict) -> str:
    # ASCII, so that no terminal, file or collector can be surprised by what it receives.
    return json.dumps(_ordered(event), ensure_ascii=True)


def _console_line(_: WrappedLogger, __: str, event: EventDict) -> str:
    fields = _ordered(event)
    trace = "\n".join(str(fields.pop(key)) for key in ("exception", "stack") if key in fields)
    time, level, what = (printable(str(fields.pop(key))) for key in ("timestamp", "level", "event"))
    pairs = [f"{printable(str(key))}={_value(value)}" for key, value in fields.items()]
    line = " ".join([time, f"{level:<8}", what, *pairs])
    # Set back and marked, so that no traceback can pass for an event of ours.
    return "\n".join([line, *(f"    | {printable(part)}" for part in trace.splitlines())])


def _ordered(event: EventDict) -> dict[str, object]:
    first = {key: event.get(key, "") for key in ("timestamp", "level", "event")}
    return first | dict(event)


def _value(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and not _PLAIN(text):
        text = json.dumps(text, ensure_ascii=False)
    return printable(text)


_COMMON: list[Processor] = [
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.stdlib.ExtraAdder(),
    _without_remains,
    _add_correlation_id,
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
    _redacted,
    # What is ours needs no search for secrets, which is half of a line's price.
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
