"""Keys of the B2B source: keep one, put it in use or out of use, seal everything anew."""

from __future__ import annotations

from typing import NamedTuple

from core import crypto
from core.advice import Advised
from core.errors import RefusedError
from db.access import keys, sealed
from db.session import reading, writing
from syncs.acts.by import By
from syncs.views.keys import Key
from syncs.views.shapes import Count, Id, Shape


class Lost(Shape):
    """A sealed value that cannot be opened."""

    column: str
    id: Id
    error: str


class Resealed(Shape):
    """How many values of a column, or of ``all``, were sealed anew."""

    changed: Count
    all: Count


class Rotated(Resealed):
    """What was sealed anew, by column, and what could not be."""

    columns: dict[str, Resealed]
    lost: list[Lost]


class _Column(NamedTuple):
    resealed: Resealed
    lost: list[Lost]


def add(name: str, key: str, *, activate: bool, by: By) -> Key:
    """Keep a key, sealed; ``RefusedError`` when the name is taken."""
    with writing() as session:
        kept = keys.add(session, name=name, key=key, activate=activate)
        by.note(session, "apikey.add", f"key {name}", active=activate)
        session.refresh(kept)
        return Key.of(kept)


def activate(name: str, *, by: By) -> None:
    """Use this key from now on; ``NotFoundError`` when there is none."""
    with writing() as session:
        keys.switch(session, name)
        by.note(session, "apikey.activate", f"key {name}")


def deactivate(name: str, *, by: By) -> None:
    """Use this key no longer; ``RefusedError`` when it is not the one in use."""
    with writing() as session:
        if not keys.find(session, name).is_active:
            raise RefusedError(Advised(f"Key {name} is not in use.", "key not in use"))
        keys.switch(session, None)
        by.note(session, "apikey.deactivate", f"key {name}")


def deactivate_any(*, by: By) -> None:
    """Use no key from now on, whichever is in use."""
    with writing() as session:
        keys.switch(session, None)
        by.note(session, "apikey.deactivate", "keys")


def rotate(*, by: By) -> Rotated:
    """Seal everything anew under the newest encryption key; safe to stop and to repeat."""
    columns = {sealed.name(column): _reseal(column) for column in sealed.columns()}
    changed = sum(each.resealed.changed for each in columns.values())
    with writing() as session:
        by.note(session, "apikey.rotate", f"encryption key {crypto.key_ids()[0]}", changed=changed)
    return Rotated(
        changed=changed,
        all=sum(each.resealed.all for each in columns.values()),
        columns={name: each.resealed for name, each in columns.items()},
        lost=[lost for each in columns.values() for lost in each.lost],
    )


def _reseal(column: sealed.Column) -> _Column:
    changed, after = 0, 0
    lost: list[Lost] = []
    while True:
        with reading() as session:
            stale = sealed.stale(session, column, after=after, limit=sealed.AT_ONCE)
        if not stale:
            break
        with writing() as session:
            batch = sealed.reseal(session, column, stale)
        changed += batch.changed
        lost += [
            Lost(column=sealed.name(column), id=ident, error=error) for ident, error in batch.lost
        ]
        after = stale[-1][0]
    with reading() as session:
        return _Column(Resealed(changed=changed, all=sealed.count(session, column)), lost)
