"""What all pages have in common: their frame, their language, who reads them, their errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from api import sessions, words
from api.problems import Problem

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HTML = "text/html"
NOTICE = "notice"


def render(template: str, *, status: int = 200, **values: Any) -> Response:
    """The page; a notice that the last request left is shown once."""
    chosen = words.chosen()
    text = render_template(
        f"pages/{template}.html",
        t=chosen,
        operator=sessions.operator(),
        csrf=sessions.csrf,
        notice=_said(chosen, session.pop(NOTICE, None)),
        here=request.path,
        **values,
    )
    return Response(text, status, headers={"Content-Security-Policy": POLICY}, mimetype=HTML)


def leave(key: str, **named: str) -> None:
    """A sentence for the next page."""
    session[NOTICE] = {"key": key, "named": named}


def go(endpoint: str) -> AnyResponse:
    """See other: what a form answers when it has done its work, in the language it was in."""
    return redirect(url_for(endpoint, lang=request.args.get("lang")), 303)


def answers_as_page(bp: Blueprint) -> None:
    """Let people see errors of ``bp`` as pages, and who is not logged in the form for it."""
    bp.register_error_handler(Problem, _problem)


def _problem(problem: Problem) -> AnyResponse:
    if problem.status == 401:  # noqa: PLR2004, RFC 9110's number says it
        then = request.path if request.method == "GET" else ""
        lang = request.args.get("lang")
        return redirect(url_for("login.show", then=then or None, lang=lang), 303)
    answer = render("problem", status=problem.status, problem=problem)
    answer.headers.update(problem.headers)
    return answer


def _said(chosen: words.Words, notice: Mapping[str, Any] | None) -> str | None:
    return None if notice is None else chosen(notice["key"], **notice["named"])
