"""Drifts: a source's later values of a record that is kept as it first came."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import cast

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from core import crypto
from db import bulk
from db.records.kind import AnyKind, KeepFirst
from db.records.plan import Change, Context, Says
from db.upsert import insert_new


def fields(kind: AnyKind, values: Says) -> dict[str, object]:
    """A record's values by their names; those without a column by their own."""
    names = (*kind.columns, *(part.name for part in kind.parts))
    named = dict(zip(names, values, strict=True))
    opened = json.loads(named.pop(_keeping(kind).opened) or "{}")
    # A total of "on request" fits no column, and must not be hidden by it.
    left = {f"{name} as received" if name in named else name: opened[name] for name in opened}
    return {**left, **named}


def text(kind: AnyKind, values: Says) -> str:
    """A drift's payload: equal for records with equal values."""
    return _json_text(fields(kind, values))


def marks(kind: AnyKind, values: Says) -> tuple[str, ...]:
    """The digests under which a drift with these values may have been noted."""
    return crypto.marks(text(kind, values))


def noted(session: Session, kind: AnyKind, ids: Collection[int]) -> dict[int, set[str]]:
    """The digests of these records' earlier drifts, by the record's id."""
    keeping = _keeping(kind)
    columns = cast("Table", keeping.drifts.__table__).c
    parent, digests = columns[keeping.parent], defaultdict[int, set[str]](set)
    for part in bulk.parts(ids):
        for ident, digest in session.execute(
            select(parent, columns.digest).where(parent.in_(part))
        ):
            digests[ident].add(digest)
    return digests


def note(session: Session, kind: AnyKind, changes: Sequence[Change], context: Context) -> None:
    """Store the values of these as drifts; one that is stored already is not stored again."""
    keeping = _keeping(kind)
    for change in changes:
        values = kind.says(change.row)
        insert_new(
            session,
            keeping.drifts,
            {
                keeping.parent: change.link.id,
                "run_id": context.run_id,
                "digest": marks(kind, values)[0],
                "fields": _differing(fields(kind, values), fields(kind, change.stored.says)),
                "payload": crypto.seal(text(kind, values)),
            },
        )


def _keeping(kind: AnyKind) -> KeepFirst:
    assert isinstance(kind.change, KeepFirst), "only what is kept as it came can drift"
    return kind.change


def _differing(now: dict[str, object], before: dict[str, object]) -> list[str]:
    """The names of the fields that differ; compared as JSON, for in Python 0 is False."""
    new, old = ({name: _json_text(one[name]) for name in one} for one in (now, before))
    return sorted(name for name in new.keys() | old.keys() if new.get(name) != old.get(name))


def _json_text(value: object) -> str:
    return json.dumps(value, default=str, sort_keys=True)
