"""What all pages share: their frame, their language, their operator, their errors."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, session, url_for
from werkzeug.datastructures import MIMEAccept
from werkzeug.wrappers import Response as AnyResponse

from api.console import words
from api.web import problems, sessions
from api.web.describe import HTML, JSON
from core.document import Json
from core.logs import correlation_id

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    # With no-referrer browsers would send our own forms with a null origin.
    "Referrer-Policy": "same-origin",
    "Vary": "Accept, Accept-Language",
}
NOTICE = "notice"


def render(template: str, *, status: int = 200, **values: object) -> Response:
    """The page; a notice that the last request flashed is rendered once."""
    notice = session.pop(NOTICE, None) if NOTICE in session else None
    return _framed(template, status, sessions.operator(), notice=notice, **values)


def leave(key: str, **named: str) -> None:
    """Flash a notice on the next page."""
    session[NOTICE] = {"key": key, "named": named}


def go(endpoint: str) -> AnyResponse:
    """The redirect (303) that answers a form, in the form's language."""
    return redirect(url_for(endpoint, lang=words.asked()), 303)


def wanted(accepted: MIMEAccept) -> bool:
    """Whether the client accepts a page no less than JSON."""
    return accepted.best_match((HTML, JSON), default=HTML) == HTML


def answers_as_page(bp: Blueprint) -> None:
    """Answer errors of ``bp`` as pages, and a 401 by a redirect to the login."""
    bp.register_error_handler(Exception, refuse)


def refuse(error: Exception) -> AnyResponse:
    """``error`` as a page; it makes no query, for the store may be the cause."""
    if problems.is_redirect(error):
        return error.get_response()
    problem = problems.of_error(error)
    reads = request.method in sessions.SAFE
    if problem.status == 401:  # noqa: PLR2004, RFC 9110's number
        then = url_for(str(request.endpoint), lang=words.asked()) if reads else None
        return redirect(url_for("login.show", then=then, lang=words.asked()), 303)
    back: dict[str, object] = {} if reads else {"here": url_for("pages.status")}
    answer = _framed(
        "problem", problem.status, sessions.operator_if_known(), problem=problem,
        notice=None, ident=correlation_id(), **back,
    )  # fmt: skip
    answer.headers.update(problem.headers)
    return answer


def _framed(
    template: str, status: int, operator: object, *, notice: Json | None, **values: object
) -> Response:
    chosen = words.chosen()
    text = render_template(
        f"console/{template}.html",
        **{"here": request.path, "csrf": sessions.csrf, "t": chosen, "operator": operator}
        | {"notice": _notice(chosen, notice)}
        | values,
    )
    return Response(text, status, headers=HEADERS, mimetype=HTML)


def _notice(chosen: words.Words, notice: Json | None) -> str | None:
    """The flashed sentence; None when it was flashed by a release that had other sentences."""
    try:
        return None if notice is None else chosen(notice["key"], **notice["named"])
    except KeyError:
        return None
