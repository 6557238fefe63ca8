"""Problem details (RFC 9457): what a client gets when it cannot have an answer; tills have a shape
of their own (``api.web.audiences``).

Nothing of a request's headers or body is ever repeated in one, and nothing of our inside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any, TypeGuard

from flask import Flask, Response, json, request
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from api.web import audiences, words
from core.errors import ConfigurationError, FatalError, NotFoundError, RefusedError, RetriableError
from core.logs import correlation_id, get_logger

log = get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = 5
"""Seconds after which a store that was away is worth another try."""

STORE_AWAY = (OperationalError, InterfaceError, InternalError, PoolTimeoutError)
"""What is raised when the store does not answer."""

DETAILS = {
    400: "The request is malformed.",
    404: "There is nothing at this address.",
    405: "This address does not know this method; the Allow header names those it knows.",
    413: "The body is larger than 2 MiB; send less at once.",
    415: "Send the body as application/json, in UTF-8, not compressed.",
}


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field; ``field`` is its path (``filter.task``), empty: the whole."""

    field: str
    message: str


class Problem(Exception):  # noqa: N818, RFC 9457's own word
    """Ends the request with ``status``; ``code`` is for machines, ``detail`` for people."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})


def register(app: Flask) -> None:
    """Answer every error of ``app`` with a problem."""
    for kind in _PROBLEMS:
        app.register_error_handler(kind, handle)


def handle(error: Exception) -> AnyResponse:
    """The answer to ``error``; a redirect is none."""
    if is_redirect(error):
        return error.get_response()
    return answer(of_error(error))


def is_redirect(error: Exception) -> TypeGuard[HTTPException]:
    """Whether ``error`` is a redirect, which Flask raises too."""
    return isinstance(error, HTTPException) and (error.code or 500) < HTTPStatus.BAD_REQUEST


def of_error(error: Exception) -> Problem:
    """``error`` as a problem, and in the log where it belongs there."""
    return next(_PROBLEMS[kind](error) for kind in type(error).__mro__ if kind in _PROBLEMS)


def answer(problem: Problem) -> Response:
    """The problem as a response, in the shape of the path's audience if it has one."""
    audience = audiences.of_path(request.path)
    if audience is not None:
        return audience.refuse(problem)
    document: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "correlation_id": correlation_id(),
    }
    if problem.errors:
        document["errors"] = [asdict(error) for error in problem.errors]
    return Response(
        json.dumps(document), problem.status, headers=problem.headers, mimetype=MEDIA_TYPE
    )


def not_found(what: str) -> Problem:
    """A 404: ``what`` is a sentence."""
    return Problem(404, "NOT_FOUND", what)


def _itself(problem: Problem) -> Problem:
    return problem


def _from_http(error: HTTPException) -> Problem:
    status = error.code or 500
    code = "BODY_TOO_LARGE" if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else ""
    allowed = getattr(error, "valid_methods", None)
    return Problem(
        status,
        code or HTTPStatus(status).name,
        DETAILS.get(status, HTTPStatus(status).phrase),
        headers={"Allow": ", ".join(sorted(allowed))} if allowed else None,
    )


def _not_found(error: NotFoundError) -> Problem:
    return not_found(str(error))


def _refused(error: RefusedError) -> Problem:
    detail = " ".join(map(words.sentence, error.sentences))
    return Problem(409, error.code, detail)


def _later(error: RetriableError) -> Problem:
    wait = {"Retry-After": str(round(error.retry_after or RETRY_AFTER))}
    return Problem(503, error.code, str(error), headers=wait)


def _damaged(error: FatalError) -> Problem:
    log.error("request.damaged", code=error.code, error=str(error))
    return Problem(500, error.code, str(error))


def _misconfigured(error: ConfigurationError) -> Problem:
    log.error("request.misconfigured", problems=list(error.problems))
    detail = "A setting of the server is wrong or missing; 'manage.py check' and its log say which."
    return Problem(503, error.code, detail)


def _store_away(error: Exception) -> Problem:
    cause = getattr(error, "orig", None) or error
    log.warning("store.away", error=type(cause).__name__, reason=str(cause).partition("\n")[0])
    return Problem(
        503,
        "STORE_AWAY",
        "The store does not answer; nothing was changed. Try again in a few seconds.",
        headers={"Retry-After": str(RETRY_AFTER)},
    )


def _unforeseen(error: Exception) -> Problem:
    log.error("request.crashed", exc_info=error)
    detail = "Something went wrong on our side; the server's log tells it under this id."
    return Problem(500, "INTERNAL", detail)


_PROBLEMS: dict[type, Callable[[Any], Problem]] = {
    Problem: _itself,
    HTTPException: _from_http,
    NotFoundError: _not_found,
    RefusedError: _refused,
    RetriableError: _later,
    FatalError: _damaged,
    ConfigurationError: _misconfigured,
    **dict.fromkeys(STORE_AWAY, _store_away),
    Exception: _unforeseen,
}
