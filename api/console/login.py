"""``/login``: an operator's token begins a session; ``/logout`` ends it."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from api.console import page, words
from api.console.answers import FOREIGN, PAGE, SEE_OTHER
from api.web import sessions
from api.web.access import MOST_TOKEN, Caller, allow
from api.web.addresses import neighbourhood
from api.web.describe import HTML, Answer, describe
from core.logs import get_logger
from db.access import operators
from db.models import Operator
from db.session import reading
from syncs.acts import operators as acts
from syncs.acts.by import By

log = get_logger(__name__)
bp = Blueprint("login", __name__)
page.answers_as_page(bp)

TRIES = RateLimitItemPerMinute(10, namespace="login")


def register(app: Flask) -> None:
    """Count the tries of each address from now on."""
    app.extensions["login_tries"] = MovingWindowRateLimiter(MemoryStorage())


@bp.get("/login")
@allow("public")
@describe(PAGE, shares=("PageStoreAway",))
def show() -> ResponseReturnValue:
    """The form."""
    return page.render("login", then=_then())


@bp.post("/login")
@allow("public")
@describe(
    SEE_OTHER,
    FOREIGN,
    Answer(status=422, media_type=HTML, when="the token is unknown or was revoked"),
    Answer(status=429, media_type=HTML, when="too many tries", headers=("Retry-After",)),
    shares=("PageBodyTooLarge", "PageStoreAway"),
)
def enter() -> ResponseReturnValue:
    """Begin a session, or say why not."""
    sessions.require_own_form()
    tries: MovingWindowRateLimiter = current_app.extensions["login_tries"]
    # Counted before the token is checked: a hundred at the same instant do not pass the limit.
    if not tries.hit(TRIES, neighbourhood(request.remote_addr or "")):
        answer = page.render("login", status=429, then=_then(), problem="login.slow")
        answer.headers["Retry-After"] = "60"
        return answer
    operator = _known(request.form.get("token", "").strip())
    if operator is None:
        log.warning("login.refused")
        return page.render("login", status=422, then=_then(), problem="login.wrong")
    acts.begin_session(operator.id, operator.name, by=By(Caller(operator.name, operator.role).who))
    sessions.begin(operator)
    log.info("login", operator=operator.name)
    return redirect(_then() or url_for("pages.status", lang=words.asked()), 303)


@bp.post("/logout")
@allow("public")
@describe(SEE_OTHER, FOREIGN, shares=("PageBodyTooLarge",))
def leave() -> ResponseReturnValue:
    """End the session."""
    sessions.require_own_form()
    sessions.end()
    return page.go("pages.status")


def _known(token: str) -> Operator | None:
    if not 0 < len(token) <= MOST_TOKEN:
        return None
    with reading() as session:
        return operators.find_by_token(session, token)


def _then() -> str:
    """Where to go on: a path of ours, or nothing."""
    asked = request.values.get("then", "")
    # Browsers read a backslash as a slash, and drop tabs and line feeds.
    ours = asked.startswith("/") and not asked.startswith(("//", "/\\"))
    return asked if ours and asked.isprintable() else ""
