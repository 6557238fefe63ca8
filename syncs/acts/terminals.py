"""Terminals: add, revoke, restore, replace; set their level and their answer to duplicates."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from db.models import Terminal as Row
from db.session import writing
from db.tills import terminals
from syncs.acts.by import By
from syncs.views.terminals import Terminal


class Entry(NamedTuple):
    """A terminal with its new token, which exists nowhere else; None at level 0."""

    terminal: Terminal
    token: str | None


class Changed(NamedTuple):
    """A terminal, and whether the act changed it."""

    terminal: Terminal
    changed: bool


class Restored(NamedTuple):
    """A terminal, whether the act changed it, and the one that replaced it until now."""

    terminal: Terminal
    changed: bool
    successor: Terminal | None


def add(*, shop_id: int, serial: str, name: str, level: int, by: By) -> Entry:
    """A new terminal; errors are those of ``db.tills.terminals.add``."""
    with writing() as session:
        made = terminals.add(session, shop_id=shop_id, serial=serial, name=name)
        token = terminals.set_level(session, made, level)
        _note(session, made, "terminal.add", by, shop_id=shop_id, name=name, level=level)
        return Entry(_view(session, made), token)


def revoke(which: str, *, by: By) -> Changed:
    """Refuse a till from now on; what it has sent stays and is processed."""
    with writing() as session:
        terminal = terminals.find(session, which)
        changed = terminals.revoke(session, terminal)
        if changed:
            _note(session, terminal, "terminal.revoke", by)
        return Changed(_view(session, terminal), changed)


def restore(which: str, *, by: By) -> Restored:
    """Accept a revoked till again, as it was; whichever replaced it does so no longer."""
    with writing() as session:
        terminal = terminals.find(session, which)
        other = terminals.successor(session, terminal)
        changed = terminals.restore(session, terminal)
        if changed:
            details = {} if other is None else {"replaced_by": other.id}
            _note(session, terminal, "terminal.restore", by, **details)
        successor = None if other is None else _view(session, other)
        return Restored(_view(session, terminal), changed, successor)


def replace(old: str, new: str, *, by: By) -> Terminal:
    """The terminal ``new``, which has ``old``'s numbers from now on; ``old`` is revoked. Errors are
    those of ``db.tills.terminals.replace``.
    """
    with writing() as session:
        before, after = (terminals.find(session, word, lock=False) for word in (old, new))
        terminals.replace(session, before, after)
        _note(session, before, "terminal.replace", by, replaced_by=after.id)
        return _view(session, after)


def set_level(which: str, level: int, *, by: By) -> Entry:
    """The terminal at this level, with its new token: the old one is void."""
    with writing() as session:
        terminal = terminals.find(session, which)
        before = terminal.level
        token = terminals.set_level(session, terminal, level)
        _note(session, terminal, "terminal.level", by, level=level, before=before)
        return Entry(_view(session, terminal), token)


def set_duplicates(which: str, policy: str, *, by: By) -> Terminal:
    """How a sale is answered that the till sends again."""
    with writing() as session:
        terminal = terminals.find(session, which)
        terminals.set_duplicates(session, terminal, policy)
        _note(session, terminal, "terminal.duplicates", by, policy=policy)
        return _view(session, terminal)


def _note(session: Session, row: Row, what: str, by: By, **details: object) -> None:
    # By its id: at level 0 the serial is all that a thief needs.
    by.note(session, what, f"terminal {row.id}", **details)


def _view(session: Session, row: Row) -> Terminal:
    session.refresh(row)
    return Terminal.of(row)
