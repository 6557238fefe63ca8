"""A person's session on the pages: a signed cookie that names an operator, and nothing secret.

The operator is looked up at each request, so that a revoked token ends its sessions at once.
"""

from __future__ import annotations

import secrets
import time
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request, session

from api.web.problems import Problem
from api.web.secret import secret_key
from core import crypto
from core.logs import get_logger
from core.settings import settings
from db.models import Operator
from db.session import reading

log = get_logger(__name__)

OPERATOR, TOKEN, UNTIL, CSRF = "operator", "token", "until", "csrf"
CSRF_HEADER = "X-CSRF-Token"
COOKIE = "moulin"
LIFETIME = timedelta(hours=12)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
ORIGIN = "PUBLIC_ORIGIN"


def register(app: Flask) -> None:
    """Let ``app`` sign cookies."""
    app.secret_key = secret_key()
    public = urlsplit(settings().public_url)
    secure = settings().production or public.scheme == "https"
    app.config.update(
        # The prefix binds the cookie to https and to this very host: no sister site can plant one.
        SESSION_COOKIE_NAME=f"__Host-{COOKIE}" if secure else COOKIE,
        SESSION_COOKIE_PATH="/",
        SESSION_COOKIE_HTTPONLY=True,
        # Not Strict: a link to us on another site would come without it, and the form for the
        # login that it led to would write another over it. Orders need a CSRF token anyway.
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        # A page that refreshes itself does not prolong the session.
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=LIFETIME,
    )
    app.config[ORIGIN] = f"{public.scheme}://{public.netloc}" if public.netloc else None


def begin(operator: Operator) -> None:
    """Begin the operator's session; whatever the cookie held before is dropped."""
    end()
    session.permanent = True
    session[OPERATOR] = operator.id
    session[TOKEN] = _digest(operator)
    session[UNTIL] = int(time.time() + LIFETIME.total_seconds())
    session[CSRF] = secrets.token_urlsafe(32)


def end() -> None:
    """End the session."""
    session.clear()
    g.pop("session_operator", None)


def operator() -> Operator | None:
    """The session's operator; None without a session, or once its token was revoked."""
    if "session_operator" not in g:
        g.session_operator = _operator()
    current: Operator | None = g.session_operator
    return current


def operator_if_known() -> Operator | None:
    """The operator if looked up already, without a query: for the page of a store that is away."""
    current: Operator | None = g.get("session_operator")
    return current


def csrf() -> str:
    """The CSRF token that each form of ours carries."""
    if CSRF not in session:
        session[CSRF] = secrets.token_urlsafe(32)
    return str(session[CSRF])


def require_own_form() -> None:
    """``Problem`` 403 unless the request comes from a form of ours."""
    known = str(session.get(CSRF, ""))
    given = request.form.get(CSRF) or request.headers.get(CSRF_HEADER, "")
    if not known or not crypto.same(given, known) or not _same_origin():
        log.warning("session.foreign_form")
        raise Problem(403, "FOREIGN_FORM", "This did not come from a form of ours; load it again.")


def _same_origin() -> bool:
    """Whether the form's origin is ours; without an Origin header its CSRF token is enough.

    Either scheme is ours: behind a proxy that ends TLS we see http, and the browser sends https.
    """
    origin = request.headers.get("Origin")
    own = {f"http://{request.host}", f"https://{request.host}", current_app.config[ORIGIN]}
    return origin is None or origin in own


def _operator() -> Operator | None:
    ident, until = session.get(OPERATOR), session.get(UNTIL)
    if not isinstance(ident, int) or not isinstance(until, int) or until < time.time():
        return None
    with reading() as store:
        operator = store.get(Operator, ident)
    if operator is None or not operator.active:
        return None
    return operator if crypto.same(str(session.get(TOKEN)), _digest(operator)) else None


def _digest(operator: Operator) -> str:
    # Of a hash, for a cookie can be read by whoever has it.
    return crypto.digest(operator.token_hash)[:32]
