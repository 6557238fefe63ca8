"""Access rules: each view declares its own with ``allow``; a view without one is closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal, NoReturn, TypeVar

from flask import Flask, current_app, g, request

from api.web import audiences, sessions
from api.web.problems import Problem
from db import bulk
from db.access import operators
from db.session import reading, writing

Role = Literal["public", "terminal", "viewer", "operator", "admin"]
"""A terminal is no lesser operator: neither enters where the other may."""

View = TypeVar("View", bound=Callable[..., object])

MOST_TOKEN = 200
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")


@dataclass(frozen=True)
class Rule:
    """The least role a view requires; ``loopback`` lets this machine in without a token."""

    role: Role
    loopback: bool = False


@dataclass(frozen=True)
class Caller:
    """The operator of a request's token or session."""

    name: str
    role: str

    @property
    def who(self) -> str:
        """As the audit writes it (its column holds 100 characters)."""
        return f"operator:{self.name}"[:100]


_RULES: dict[Callable[..., object], Rule] = {}


def allow(role: Role, *, loopback: bool = False) -> Callable[[View], View]:
    """Mark a view with its access rule; goes below the route's decorator."""

    def mark(view: View) -> View:
        _RULES[view] = Rule(role, loopback)
        return view

    return mark


def rule_of(app: Flask, endpoint: str) -> Rule | None:
    """The rule of the view behind ``endpoint``; None when its author forgot it."""
    return _RULES.get(app.view_functions[endpoint])


def caller() -> Caller:
    """The caller of this request; only in views for operators."""
    current: Caller = g.caller
    return current


def caller_if_any() -> Caller | None:
    """The caller by token, else by session, if any; a wrong token is a 401 in public views too.

    With a session an unsafe method must come from a form of ours.
    """
    if request.authorization is not None:
        return _authenticated()
    operator = sessions.operator()
    if operator is None:
        return None
    if request.method not in sessions.SAFE:
        sessions.require_own_form()
    return Caller(operator.name, operator.role)


def register(app: Flask) -> None:
    """Check every request of ``app`` before its view."""
    app.before_request(check)


def check() -> None:
    """Let the request pass, or raise ``Problem`` 401 or 403; an audience raises its own errors."""
    if request.endpoint is None:
        return  # no such address, as anybody may know
    rule = rule_of(current_app, request.endpoint)
    if rule is None:
        raise LookupError(f"{request.endpoint} has no access rule")
    if rule.role == "public" or (rule.loopback and from_this_machine()):
        return
    audience = audiences.of_role(rule.role)
    if audience is not None:
        audience.authenticate()
        return
    g.caller = caller_if_any() or _nobody()
    if not operators.may(g.caller.role, rule.role):
        raise Problem(
            403,
            "FORBIDDEN",
            f"This needs the role {rule.role}; your token has the role {g.caller.role}.",
            headers={"WWW-Authenticate": 'Bearer realm="moulin", error="insufficient_scope"'},
        )


def from_this_machine() -> bool:
    """Whether the client is on this machine; a request that a proxy forwards never is."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _authenticated() -> Caller:
    given = request.authorization
    token = given.token if given is not None and given.type == "bearer" else None
    if token is None:
        _nobody()
    with reading() as session:
        operator = operators.find_by_token(session, token) if len(token) <= MOST_TOKEN else None
        if operator is None:
            detail = "This token is unknown or was revoked."
            raise _unknown(detail, error=', error="invalid_token"')
        used, now = operator.last_used_at, bulk.now(session)
        holder = Caller(operator.name, operator.role)
        ident = operator.id
    if used is None or (now - used).total_seconds() > operators.NOTED_EVERY:
        # Checked first: a write transaction for each request would make readers wait for writers.
        with writing() as session:
            operators.note_use(session, ident)
    return holder


def _nobody() -> NoReturn:
    raise _unknown("Send a token: Authorization: Bearer mln_…", error="")


def _unknown(detail: str, *, error: str) -> Problem:
    challenge = {"WWW-Authenticate": f'Bearer realm="moulin"{error}'}
    return Problem(401, "UNAUTHORIZED", detail, headers=challenge)
