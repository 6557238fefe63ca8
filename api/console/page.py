"""What all pages have in common: their frame, their language, who reads them, their errors."""

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
    # With no-referrer browsers would say of our own forms that they come from nowhere.
    "Referrer-Policy": "same-origin",
    "Vary": "Accept, Accept-Language",
}
NOTICE = "notice"


def render(template: str, *, status: int = 200, **values: object) -> Response:
    """The page; a notice that the last request left is shown once."""
    notice = session.pop(NOTICE, None) if NOTICE in session else None
    return _framed(template, status, sessions.operator(), notice=notice, **values)


def leave(key: str, **named: str) -> None:
    """A sentence for the next page."""
    session[NOTICE] = {"key": key, "named": named}


def go(endpoint: str) -> AnyResponse:
    """See other: what a form answers when it has done its work, in the language it was in."""
    return redirect(url_for(endpoint, lang=words.asked()), 303)


def wanted(accepted: MIMEAccept) -> bool:
    """Whether a page is asked for, or nothing in particular, where machines are answered too."""
    return accepted.best_match((HTML, JSON), default=HTML) == HTML


def answers_as_page(bp: Blueprint) -> None:
    """Let people see errors of ``bp`` as pages, and who is not logged in the form for it."""
    bp.register_error_handler(Exception, refuse)


def refuse(error: Exception) -> AnyResponse:
    """``error`` as a page; it asks nothing of the store, which may be what is wrong."""
    if problems.is_redirect(error):
        return error.get_response()
    problem = problems.of_error(error)
    reads = request.method in sessions.SAFE
    if problem.status == 401:  # noqa: PLR2004, RFC 9110's number says it
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
        | {"notice": _said(chosen, notice)}
        | values,
    )
    return Response(text, status, headers=HEADERS, mimetype=HTML)


def _said(chosen: words.Words, notice: Json | None) -> str | None:
    """The sentence that was left; none when it was by a release that had other sentences."""
    try:
        return None if notice is None else chosen(notice["key"], **notice["named"])
    except KeyError:
        return None
