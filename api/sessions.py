"""A person's session on the pages: a signed cookie that names an operator, and nothing secret.

The operator is looked up at each request, so that a revoked token ends its sessions at once.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask, request, session

from api.problems import Problem
from core import crypto
from core.secret import secret_key
from core.settings import settings
from db.models import Operator
from db.session import reading

OPERATOR, TOKEN, CSRF = "operator", "token", "csrf"
LIFETIME = timedelta(hours=12)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def register(app: Flask) -> None:
    """Let ``app`` sign cookies."""
    app.secret_key = secret_key()
    public = settings().public_url
    app.config.update(
        SESSION_COOKIE_NAME="moulin",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_SECURE=settings().production or public.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=LIFETIME,
    )


def begin(operator: Operator) -> None:
    """The operator has shown the token; whatever the cookie held before is forgotten."""
    session.clear()
    session.permanent = True
    session[OPERATOR] = operator.id
    session[TOKEN] = _digest(operator)
    session[CSRF] = secrets.token_urlsafe(32)


def end() -> None:
    """Nobody is logged in here."""
    session.clear()


def operator() -> Operator | None:
    """Whose session it is, when the token it began with still opens something."""
    ident = session.get(OPERATOR)
    if not isinstance(ident, int):
        return None
    with reading() as store:
        found = store.get(Operator, ident)
    if found is None or not found.active:
        return None
    return found if crypto.same(str(session.get(TOKEN)), _digest(found)) else None


def csrf() -> str:
    """The word that a form of ours carries, and nobody else's can."""
    if CSRF not in session:
        session[CSRF] = secrets.token_urlsafe(32)
    return str(session[CSRF])


def require_own_form() -> None:
    """``Problem`` 403 unless the request comes from a form of ours."""
    given = request.form.get(CSRF) or request.headers.get("X-CSRF-Token", "")
    known = str(session.get(CSRF, ""))
    origin = request.headers.get("Origin")
    elsewhere = origin is not None and urlsplit(origin).netloc != request.host
    if elsewhere or not known or not crypto.same(given, known):
        raise Problem(403, "FOREIGN_FORM", "This did not come from a form of ours; load it again.")


def _digest(found: Operator) -> str:
    # Of a hash, for a cookie can be read by whoever has it.
    return crypto.digest(found.token_hash)[:32]
