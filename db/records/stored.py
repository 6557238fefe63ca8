"""What the store has of a page's records, and what writing them would do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, Select, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import NamedColumn

from core import details, personal
from db import bulk
from db.models.sealed import is_personal
from db.records import absent, drifts
from db.records.decide import decide
from db.records.kind import AnyKind, C, KeepFirst, Kind, Part
from db.records.plan import Known, Plan, Row, Says, Stored


def compare(
    session: Session,
    kind: Kind[C],
    rows: Sequence[Row],
    known: Mapping[str, Known],
    context: C,
    *,
    write: bool = True,
) -> Plan:
    """What writing ``rows`` would do. Unless ``write``, nothing is written, not even what rows need
    beneath them (a placeholder).
    """
    met = {known[row.external_id].id for row in rows if row.external_id in known}
    held = stored(session, kind, met) if met else {}
    living = [row for row in rows if not row.gone]
    absent.complete(kind, living, known, held)
    warnings = kind.prepare(session, living, context, write=write) if kind.prepare else []
    plan = decide(kind, rows, known, held, context)
    plan.warnings += warnings
    return plan


def stored(session: Session, kind: AnyKind, ids: Collection[int]) -> dict[int, Stored]:
    """What the store has of the links with these ids, comparable with ``kind.says``."""
    noted = drifts.noted(session, kind, ids) if isinstance(kind.change, KeepFirst) else {}
    mine = [kind.table.c[kind.column(name)] for name in kind.columns]
    ours = list(kind.ours.table.c) if kind.ours else []
    names, opens = [column.name for column in ours], [opening(column) for column in mine]
    query = _query(kind, [*mine, *ours])
    held: dict[int, Stored] = {}
    for part in bulk.parts(ids):
        for ident, *values in session.execute(query.where(kind.table.c.id.in_(part))):
            fields = tuple(open_(value) for open_, value in zip(opens, values))  # noqa: B905, ours follow
            own = dict(zip(names, values[len(mine) :], strict=True))
            held[ident] = Stored(fields, own, noted.get(ident, ()))
    return _with_parts(session, kind, held) if kind.parts else held


def _with_parts(session: Session, kind: AnyKind, held: Mapping[int, Stored]) -> dict[int, Stored]:
    """The same with the lines of each part behind the values."""
    rows = {ident: one.ours.get("id", ident) for ident, one in held.items()}
    lines = [_lines(session, part, rows.values()) for part in kind.parts]
    return {
        ident: one._replace(says=(*one.says, *(each[rows[ident]] for each in lines)))
        for ident, one in held.items()
    }


def opening(column: NamedColumn[Any]) -> Callable[[Any], Any]:
    """How a value of the column becomes what a row has: in the clear, JSON as its text."""
    if is_personal(column):
        return personal.reveal
    # As text: to Python 1, 1.0 and True are one.
    return _text if isinstance(column.type, JSON) else _as_it_is


def _query(kind: AnyKind, columns: Sequence[NamedColumn[Any]]) -> Select[Any]:
    query = select(kind.table.c.id, *columns).select_from(kind.table)
    if kind.ours is None:
        return query
    return query.join(kind.ours.table, kind.ours.table.c.id == kind.table.c[kind.ours.key])


def _lines(session: Session, part: Part, ids: Collection[int]) -> dict[int, list[Says]]:
    """The children of these records, by the record's id."""
    table = part.table
    parent, columns = table.c[part.parent], [table.c[name] for name in part.columns]
    opens = [opening(column) for column in columns]
    query = select(parent, *columns).order_by(parent, table.c.position)
    lines = defaultdict[int, list[Says]](list)
    for some in bulk.parts(ids):
        for ident, *values in session.execute(query.where(parent.in_(some))):
            lines[ident].append(
                tuple(open_(value) for open_, value in zip(opens, values, strict=True))
            )
    return lines


def _text(value: object) -> str | None:
    return None if value is None else details.encode(value)


def _as_it_is(value: Any) -> Any:
    return value
