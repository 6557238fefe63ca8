"""Drifts: what a source says later of a record that is kept as it was taken in."""

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


def fields(kind: AnyKind, says: Says) -> dict[str, object]:
    """What a record says by names, what has no column by its own."""
    names = (*kind.columns, *(part.name for part in kind.parts))
    values = dict(zip(names, says, strict=True))
    opened = json.loads(values.pop(_keeping(kind).opened) or "{}")
    # A total of "on request" fits no column, and must not be hidden by it.
    left = {f"{name} as received" if name in values else name: opened[name] for name in opened}
    return {**left, **values}


def text(kind: AnyKind, says: Says) -> str:
    """What a drift keeps: equal for records that say the same."""
    return _letters(fields(kind, says))


def marks(kind: AnyKind, says: Says) -> tuple[str, ...]:
    """The digests under which a drift that says this may have been noted."""
    return crypto.marks(text(kind, says))


def noted(session: Session, kind: AnyKind, ids: Collection[int]) -> dict[int, set[str]]:
    """The digests of what the source said of these records before, by the record's id."""
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
    """Keep what these say now; what was noted of a record is not noted again."""
    keeping = _keeping(kind)
    for change in changes:
        says = kind.says(change.row)
        insert_new(
            session,
            keeping.drifts,
            {
                keeping.parent: change.link.id,
                "run_id": context.run_id,
                "digest": marks(kind, says)[0],
                "fields": _differing(fields(kind, says), fields(kind, change.stored.says)),
                "payload": crypto.seal(text(kind, says)),
            },
        )


def _keeping(kind: AnyKind) -> KeepFirst:
    assert isinstance(kind.change, KeepFirst), "only what is kept as it came can drift"
    return kind.change


def _differing(now: dict[str, object], before: dict[str, object]) -> list[str]:
    """The names of what is said otherwise; as letters, for in Python 0 is False."""
    new, old = ({name: _letters(one[name]) for name in one} for one in (now, before))
    return sorted(name for name in new.keys() | old.keys() if new.get(name) != old.get(name))


def _letters(value: object) -> str:
    return json.dumps(value, default=str, sort_keys=True)
