"""Problem details (RFC 9457): what a client gets when it cannot have an answer; tills have a shape
of their own (``api.till.errors``).

Nothing of a request's headers or body is ever repeated in one, and nothing of our inside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus

from flask import Flask, Response, json, request
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from api.till import errors as tills
from core.errors import ConfigurationError, FatalError, RefusedError, RetriableError
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
    app.register_error_handler(Problem, answer)
    app.register_error_handler(tills.TillError, tills.answer)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(RefusedError, _refused)
    app.register_error_handler(RetriableError, _later)
    app.register_error_handler(FatalError, _damaged)
    app.register_error_handler(ConfigurationError, _misconfigured)
    for away in STORE_AWAY:
        app.register_error_handler(away, _store_away)
    app.register_error_handler(Exception, _unforeseen)


def answer(problem: Problem) -> Response:
    """The problem as it is sent; to a till in the tills' own shape."""
    if tills.concerns(request.path):
        more = {"champ": problem.errors[0].field} if problem.errors else {}
        return tills.answer(tills.worded(problem.status, problem.code, problem.headers, **more))
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


def _from_http(error: HTTPException) -> AnyResponse:
    status = error.code or 500
    if status < HTTPStatus.BAD_REQUEST:
        return error.get_response()
    code = "BODY_TOO_LARGE" if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else ""
    allowed = getattr(error, "valid_methods", None)
    return answer(
        Problem(
            status,
            code or HTTPStatus(status).name,
            DETAILS.get(status, HTTPStatus(status).phrase),
            headers={"Allow": ", ".join(sorted(allowed))} if allowed else None,
        )
    )


def _refused(error: RefusedError) -> Response:
    return answer(Problem(409, error.code, str(error)))


def _later(error: RetriableError) -> Response:
    wait = {"Retry-After": str(round(error.retry_after or RETRY_AFTER))}
    return answer(Problem(503, error.code, str(error), headers=wait))


def _damaged(error: FatalError) -> Response:
    log.error("request.damaged", code=error.code, error=str(error))
    return answer(Problem(500, error.code, str(error)))


def _misconfigured(error: ConfigurationError) -> Response:
    log.error("request.misconfigured", problems=list(error.problems))
    detail = "A setting of the server is wrong or missing; 'manage.py check' and its log say which."
    return answer(Problem(503, error.code, detail))


def _store_away(error: Exception) -> Response:
    cause = getattr(error, "orig", None) or error
    log.warning("store.away", error=type(cause).__name__, reason=str(cause).partition("\n")[0])
    return answer(
        Problem(
            503,
            "STORE_AWAY",
            "The store does not answer; nothing was changed. Try again in a few seconds.",
            headers={"Retry-After": str(RETRY_AFTER)},
        )
    )


def _unforeseen(error: Exception) -> Response:
    log.error("request.crashed", exc_info=error)
    detail = "Something went wrong on our side; the server's log tells it under this id."
    return answer(Problem(500, "INTERNAL", detail))
