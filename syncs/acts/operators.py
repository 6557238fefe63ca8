"""Operators: add one, revoke one, begin a session."""

from __future__ import annotations

from db.access import operators
from db.session import writing
from syncs.acts.by import By
from syncs.views.shapes import Id, Shape


class Added(Shape):
    """A new operator with the token, which exists nowhere else."""

    id: Id
    name: str
    role: str
    token: str


def add(name: str, role: str, *, by: By) -> Added:
    """A new operator with a token; ``RefusedError`` when the name is taken, also if revoked."""
    with writing() as session:
        made, token = operators.add(session, name=name, role=role)
        by.note(session, "operator.add", f"operator {name}", role=role)
        return Added(id=made.id, name=name, role=role, token=token)


def revoke(name: str, *, by: By) -> bool:
    """Revoke an operator's token; False when it was revoked before."""
    with writing() as session:
        changed = operators.revoke(session, name)
        if changed:
            by.note(session, "operator.revoke", f"operator {name}")
    return changed


def begin_session(operator_id: int, name: str, *, by: By) -> None:
    """Note that the operator signed in with the token."""
    with writing() as session:
        operators.note_use(session, operator_id)
        by.note(session, "session.begin", f"operator {name}"[:200])
