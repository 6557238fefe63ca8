"""One set of statements by which every kind of record is written, whole pages at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import ColumnElement, RowMapping, Table, delete, select, update
from sqlalchemy.orm import Session

from core import personal
from db import bulk, columns
from db.models.base import Base
from db.models.sealed import is_personal, marks
from db.records import absent, drifts, links, merge
from db.records.kind import AnyKind, C, Kind, Ours, Part
from db.records.merge import Merged, Owner, Values
from db.records.plan import Change, Context, Plan, Row, Update, Written
from db.session import NO_SYNC


def apply(session: Session, kind: Kind[C], plan: Plan, context: C) -> None:
    """Carry out a plan, with the kind's effects."""
    ids = _create(session, kind, plan.created, context) if plan.created else ()
    created = list(zip(ids, plan.created, strict=True))
    updated = _update(session, kind, plan.updated, context) if plan.updated else []
    if kind.effects and (created or updated):
        kind.effects(session, Written(created, updated), context)
    drifted = _note_drifts(session, kind, plan, created, context) if plan.drifted else []
    links.note_hashes(session, kind.link, [*plan.resent, *drifted])
    links.touch(session, kind.link, [link.id for link in plan.unchanged], context)
    if plan.older and context.in_run:
        links.see(session, kind.link, plan.older, context)
    if plan.gone:
        _delete(session, kind, plan.gone, context)


def lock(session: Session, model: type[Base], ids: Iterable[int]) -> dict[int, RowMapping]:
    """The rows with these ids, locked in id order: other writers wait, and no two wait for each
    other.
    """
    table = cast("Table", model.__table__)
    query = select(table).order_by(table.c.id).with_for_update(key_share=True)
    return {
        row["id"]: row
        for part in bulk.parts(sorted(set(ids)))
        for row in session.execute(query.where(table.c.id.in_(part))).mappings()
    }


def tombstone(session: Session, kind: Kind[C], which: ColumnElement[bool], context: C) -> int:
    """Tombstone the links of which the condition holds; how many there were."""
    if kind.tombstone is not None:
        kind.tombstone(session, context, which)
    if kind.erases:
        _erase(session, kind, which)
    return links.tombstone(session, kind.link, which, context)


def _delete(session: Session, kind: Kind[C], changes: Sequence[Change], context: C) -> None:
    """Tombstone records that say that they are deleted, and keep as of which version."""
    ids = sorted(change.link.id for change in changes)
    for part in bulk.parts(ids):
        tombstone(session, kind, kind.link.id.in_(part), context)
    if kind.newest is not None:
        versions = {change.link.id: change.row.values.get(kind.newest) for change in changes}
        held = {change.link.id: kind.version_of(change.stored) for change in changes}
        values = [held[ident] if versions[ident] is None else versions[ident] for ident in ids]
        columns.update(session, kind.link, ids, {kind.column(kind.newest): values}, {})


def _erase(session: Session, kind: AnyKind, which: ColumnElement[bool]) -> None:
    """Erase what the source has deleted: the row stays, as a tombstone without values."""
    names = [kind.column(name) for name in kind.columns]
    names += [name for name, mark in marks(kind.table) if mark.column in names]
    session.execute(
        update(kind.link)
        .where(which)
        .values(**dict.fromkeys(names), payload_hash=None, error=None),
        execution_options=NO_SYNC,
    )


def _create(session: Session, kind: Kind[C], rows: Sequence[Row], context: C) -> Sequence[int]:
    """Write new records; the ids of their rows, in order."""
    ours, values = kind.ours, [row.values for row in rows]
    ids = bulk.reserve_ids(session, ours.model if ours else kind.link, len(rows))
    if ours:
        own = _by_column(ours.columns, values)
        at = {"created_at": context.now, "updated_at": context.now}
        columns.insert(session, ours.model, {"id": ids, **own}, {**ours.begins, **at})
    columns.insert(
        session,
        kind.link,
        {
            kind.key: ids,
            "external_id": [row.external_id for row in rows],
            **_columns(kind, rows),
        },
        {"source": context.source, **_fresh(context)},
    )
    for part in kind.parts:
        _insert_part(session, part, ids, rows)
    return ids


def _update(session: Session, kind: Kind[C], changes: Sequence[Change], context: C) -> list[Update]:
    """Write known records over; what our own rows were and are."""
    targets = [change.link.target_id for change in changes]
    updates = [Update(change, {}, Merged({})) for change in changes]
    if kind.ours:
        current = lock(session, kind.ours.model, targets)
        updates = [
            _merged(kind, kind.ours, change, dict(current[change.link.target_id]), context)
            for change in changes
        ]
        _update_ours(session, kind.ours, updates, context)
    rows = [change.row for change in changes]
    for part in kind.parts:
        _delete_part(session, part, targets)
        _insert_part(session, part, targets, rows)
    ids = [change.link.id for change in changes]
    anew = {**_fresh(context), "gone_at": None, "error": None}
    if not context.in_run:
        del anew["seen_run"]
    columns.update(session, kind.link, ids, _columns(kind, rows), anew)
    return updates


def _merged(kind: Kind[C], ours: Ours[C], change: Change, current: Values, context: C) -> Update:
    owners = dict(
        ours.owners(current, change, context)
        if ours.owners
        else dict.fromkeys(ours.columns, Owner.THEIRS)
    )
    if change.row.absent:
        left = absent.owners(change.row, current)
        owners |= {name: owner for name, owner in left.items() if name in owners}
    base = dict(zip(kind.columns, change.stored.says, strict=False))
    merged = merge.merge(base, current, {**ours.begins, **change.row.values}, owners)
    return Update(change, current, merged)


def _update_ours(
    session: Session, ours: Ours[C], updates: Sequence[Update], context: Context
) -> None:
    """Write our rows that became others."""
    moved = [
        (before, merged.values)
        for _, before, merged in updates
        if any(before[name] != value for name, value in merged.values.items())
    ]
    names = moved[0][1] if moved else ()
    columns.update(
        session,
        ours.model,
        [before["id"] for before, _ in moved],
        {name: [after[name] for _, after in moved] for name in names},
        {"updated_at": context.now},
    )


def _columns(kind: AnyKind, rows: Sequence[Row]) -> dict[str, Sequence[object]]:
    """The link's columns with the source's values, sealed and marked as the model has it."""
    source_values = _by_column(kind.columns, [row.values for row in rows])
    kept = {
        kind.column(name): _kept(kind.table, kind.column(name), values)
        for name, values in source_values.items()
    }
    kept |= {
        name: list(map(mark.make, source_values[mark.column]))
        for name, mark in marks(kind.table)
        if mark.column in source_values
    }
    return {**kept, "payload_hash": [row.hash for row in rows]}


def _by_column(names: Sequence[str], values: Sequence[Values]) -> dict[str, Sequence[Any]]:
    return {name: list(map(itemgetter(name), values)) for name in names}


def _kept(table: Table, name: str, values: Sequence[Any]) -> Sequence[Any]:
    return list(map(personal.conceal, values)) if is_personal(table.c[name]) else values


def _fresh(context: Context) -> dict[str, object]:
    return {
        "sync_status": "synced",
        "last_synced_at": context.now,
        "seen_run": context.run_id,
    }


def _insert_part(session: Session, part: Part, ids: Sequence[int], rows: Sequence[Row]) -> None:
    lines = [
        (ident, position, line)
        for ident, row in zip(ids, rows, strict=True)
        for position, line in enumerate(row.lines(part.name), 1)
    ]
    kept = {
        name: _kept(part.table, name, [line.get(name) for _, _, line in lines])
        for name in part.columns
    }
    placed: Mapping[str, Sequence[object]] = {
        part.parent: [ident for ident, _, _ in lines],
        "position": [position for _, position, _ in lines],
    }
    columns.insert(session, part.model, {**placed, **kept}, {})


def _delete_part(session: Session, part: Part, ids: Sequence[int]) -> None:
    parent = part.table.c[part.parent]
    for some in bulk.parts(ids):
        session.execute(delete(part.model).where(parent.in_(some)), execution_options=NO_SYNC)


def _note_drifts(
    session: Session,
    kind: Kind[C],
    plan: Plan,
    created: Sequence[tuple[int, Row]],
    context: C,
) -> list[Change]:
    """Keep what drifted; the changes with their links, of which this page may have made some."""
    ids = {row.external_id: ident for ident, row in created}
    changes = [
        change._replace(
            link=change.link._replace(id=ids.get(change.link.external_id, change.link.id))
        )
        for change in plan.drifted
    ]
    drifts.note(session, kind, changes, context)
    return changes
