"""Operators: who may look, act or manage, known by a token of which only a hash is kept."""

from __future__ import annotations

import secrets

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from core import crypto
from core.errors import NotFoundError, RefusedError
from db.models import Operator
from db.session import NO_SYNC
from db.types import db_now

ROLES = ("viewer", "operator", "admin")
"""Each may do what those before it may."""

PREFIX = "mln_"
"""Lets people, and scanners for leaked secrets, see what a token is."""

NOTED_EVERY = 60.0
"""Seconds: a script's thousand requests are one write."""


def add(session: Session, *, name: str, role: str) -> tuple[Operator, str]:
    """A new operator and the token, which exists nowhere else: 256 bits, given out once.

    ``RefusedError`` when the name is taken, by a revoked operator too: the audit names people.
    """
    if role not in ROLES:
        raise RefusedError(f"There is no role {role!r}; there are: {', '.join(ROLES)}.")
    if session.scalar(select(Operator.id).where(Operator.name == name)) is not None:
        raise RefusedError(f"There is an operator named {name!r} already; choose another name.")
    token = PREFIX + secrets.token_urlsafe(32)
    operator = Operator(name=name, role=role, token_hash=crypto.digest(token))
    session.add(operator)
    session.flush()
    return operator, token


def every(session: Session) -> list[Operator]:
    """All operators, revoked ones too, oldest first."""
    return list(session.scalars(select(Operator).order_by(Operator.id)))


def revoke(session: Session, name: str) -> bool:
    """Refuse the token from now on; False when it was refused before too."""
    operator = session.scalar(select(Operator).where(Operator.name == name).with_for_update())
    if operator is None:
        raise NotFoundError("operator", f"named {name!r}")
    was_active, operator.active = operator.active, False
    session.flush()
    return was_active


def find_by_token(session: Session, token: str) -> Operator | None:
    """The active operator who has this token."""
    digest = crypto.digest(token)
    operator = session.scalar(
        select(Operator).where(Operator.token_hash == digest, Operator.active)
    )
    # An index finds the row; that it is the very one takes the same time wherever they differ.
    if operator is None or not crypto.same(operator.token_hash, digest):
        return None
    return operator


def note_use(session: Session, operator_id: int) -> None:
    """Note that the operator was seen now, once a minute at most."""
    session.execute(
        update(Operator)
        .where(
            Operator.id == operator_id,
            or_(Operator.last_used_at.is_(None), Operator.last_used_at < db_now(-NOTED_EVERY)),
        )
        .values(last_used_at=db_now()),
        execution_options=NO_SYNC,
    )


def may(role: str, needed: str) -> bool:
    """Whether somebody with ``role`` may do what ``needed`` may."""
    return ROLES.index(role) >= ROLES.index(needed)
