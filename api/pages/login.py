"""``/login``: an operator shows the token and has a session; ``/logout`` ends it."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from api import sessions
from api.access import MOST_TOKEN, allow
from api.openapi.description import Answer, describe
from api.pages import page
from core.logs import get_logger
from db import operators
from db.session import reading

log = get_logger(__name__)
bp = Blueprint("login", __name__)
page.answers_as_page(bp)

TRIES = RateLimitItemPerMinute(10, namespace="login")
PAGE = Answer(media_type=page.HTML)
SEE_OTHER = Answer(
    status=303, kind=None, media_type=page.HTML, when="it is done", headers=("Location",)
)


def register(app: Flask) -> None:
    """Count wrong tokens from now on."""
    app.extensions["login_tries"] = MovingWindowRateLimiter(MemoryStorage())


@bp.get("/login")
@allow("public")
@describe(PAGE)
def show() -> ResponseReturnValue:
    """The form."""
    return page.render("login", then=_then())


@bp.post("/login")
@allow("public")
@describe(
    SEE_OTHER,
    Answer(status=403, media_type=page.HTML, when="the form is none of ours"),
    Answer(status=422, media_type=page.HTML, when="the token is unknown or was revoked"),
    Answer(status=429, media_type=page.HTML, when="too many tries", headers=("Retry-After",)),
)
def enter() -> ResponseReturnValue:
    """Begin a session, or say why not."""
    sessions.require_own_form()
    tries: MovingWindowRateLimiter = current_app.extensions["login_tries"]
    address = request.remote_addr or ""
    if not tries.test(TRIES, address):
        answer = page.render("login", status=429, then=_then(), problem="login.slow")
        answer.headers["Retry-After"] = "60"
        return answer
    token = request.form.get("token", "").strip()
    with reading() as session:
        found = operators.find_by_token(session, token) if 0 < len(token) <= MOST_TOKEN else None
    if found is None:
        tries.hit(TRIES, address)
        log.warning("login.refused")
        return page.render("login", status=422, then=_then(), problem="login.wrong")
    sessions.begin(found)
    log.info("login", operator=found.name)
    return redirect(_then() or url_for("pages.status"), 303)


@bp.post("/logout")
@allow("public")
@describe(SEE_OTHER, Answer(status=403, media_type=page.HTML, when="the form is none of ours"))
def leave() -> ResponseReturnValue:
    """End the session."""
    sessions.require_own_form()
    sessions.end()
    return page.go("pages.status")


def _then() -> str:
    """Where to go on: a path of ours, or nothing."""
    asked = request.values.get("then", "")
    ours = asked.startswith("/") and not asked.startswith(("//", "/\\"))
    return asked if ours and asked.isprintable() else ""
