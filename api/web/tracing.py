"""The correlation id of a request, and its one line in the log."""

from __future__ import annotations

import re
import time
from contextlib import ExitStack

from flask import Flask, Response, g, request

from core.logs import correlation_id, correlation_scope, get_logger

log = get_logger(__name__)

HEADER = "X-Request-ID"
_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII).fullmatch


def register(app: Flask) -> None:
    """Trace every request of ``app``, the refused ones too."""
    app.before_request(begin)
    app.after_request(end)
    app.teardown_request(forget)


def begin() -> None:
    """Work under the id the client sent, else under a new one."""
    given = request.headers.get(HEADER, "")
    g.began = time.perf_counter()
    g.tracing = ExitStack()
    g.tracing.enter_context(correlation_scope(given if _ACCEPTED(given) else None))


def end(response: Response) -> Response:
    """Set the id's header, and log the request: its route, never its query or body."""
    response.headers[HEADER] = correlation_id() or ""
    log.info(
        "request",
        method=request.method[:16],
        route=request.url_rule.rule if request.url_rule else "(unknown)",
        status=response.status_code,
        ms=round((time.perf_counter() - g.began) * 1000, 1),
    )
    return response


def forget(_: BaseException | None) -> None:
    """The thread's next work has an id of its own."""
    if "tracing" in g:
        g.tracing.close()
