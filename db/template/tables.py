"""Records of the art site: one row each, compared by value, written whole pages at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core import details, personal
from db import bulk
from db.models.template import Exported
from db.records import links
from db.records.plan import Change, Known, Plan, Sight, Target, plan_page
from db.session import NO_SYNC
from db.work import rejects

VERSION = 1


@dataclass(slots=True)
class ExportedRow:
    """A record as columns, in the clear; ``extra`` is the JSON text of what has no column."""

    external_id: str
    values: dict[str, Any]
    extra: str
    hash: str = ""
    items: list[dict[str, Any]] = field(default_factory=list)
    """Of an order: its items, in the columns of their table."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Where records of one kind go. ``concealed`` columns are personal; ``marks`` names, for some
    of them, the column of their mark and how it is made. A personal ``extra`` is one text.
    ``documents`` hold any JSON.
    """

    model: type[Exported]
    columns: tuple[str, ...]
    concealed: frozenset[str] = frozenset()
    marks: Mapping[str, tuple[str, Callable[[str | None], str | None]]] = field(
        default_factory=dict
    )
    documents: frozenset[str] = frozenset()

    @property
    def seals_extra(self) -> bool:
        """Whether what has no column may be personal."""
        return "extra" in self.concealed

    def stored(self, row: ExportedRow) -> dict[str, Any]:
        """The row's columns as they are kept."""
        found: dict[str, Any] = {}
        for name in self.columns:
            value = row.values.get(name)
            found[name] = personal.conceal(value) if name in self.concealed else value
        for name, (column, make) in self.marks.items():
            found[column] = make(row.values.get(name))
        found["extra"] = personal.conceal(row.extra) if self.seals_extra else json.loads(row.extra)
        return found

    def told(self, kept: Exported) -> tuple[Any, ...]:
        """What a row says, as ``said`` of the record that it was made of."""
        extra = kept.extra  # type: ignore[attr-defined]  # every table of the export has it
        values = [
            personal.reveal(getattr(kept, name)) if name in self.concealed else getattr(kept, name)
            for name in self.columns
        ]
        rest = personal.reveal(extra) if self.seals_extra else details.encode(extra)
        return *map(self._compared, self.columns, values), rest

    def said(self, row: ExportedRow) -> tuple[Any, ...]:
        """The record's values, to be compared."""
        return *(self._compared(name, row.values.get(name)) for name in self.columns), row.extra

    def _compared(self, name: str, value: Any) -> Any:
        # In Python 0 is False and [1] is [True]; as JSON they are not.
        return json.dumps(value, sort_keys=True) if name in self.documents else value


def target(table: Table, *, erases: str | None = None) -> Target[ExportedRow]:
    """How rows of ``table`` are compared and written. ``erases`` names the sync of those who are
    to be forgotten with the source: of a tombstone nothing is kept, nor of what was refused.
    """
    compare = partial(_compare, table)
    return Target(
        link=table.model,
        version=VERSION,
        compare=compare,
        preview=compare,
        apply=partial(_apply, table),
        bury=partial(_erase, table) if erases else None,
        forget=partial(rejects.forget, erases, table.model) if erases else None,
    )


def kept(session: Session, table: Table, ids: Sequence[int]) -> dict[int, Exported]:
    """The rows with these ids."""
    return {
        row.id: row
        for part in bulk.parts(ids)
        for row in session.scalars(select(table.model).where(table.model.id.in_(part)))
    }


def insert(
    session: Session, table: Table, rows: Sequence[ExportedRow], sight: Sight
) -> Sequence[int]:
    """Write new records; their ids, in order."""
    ids = bulk.reserve_ids(session, table.model, len(rows))
    session.execute(
        table.model.__table__.insert(),  # type: ignore[attr-defined]  # a table, not a join
        [
            {
                "id": ident,
                "external_id": row.external_id,
                "source": sight.source,
                **table.stored(row),
                **_tie(row, sight),
            }
            for ident, row in zip(ids, rows, strict=True)
        ],
    )
    return ids


def _compare(
    table: Table,
    session: Session,
    rows: Sequence[ExportedRow],
    known: Mapping[str, Known],
    sight: Sight,
) -> Plan[ExportedRow]:
    return plan_page(rows, known, sight, partial(_written, table, session))


def _written(table: Table, session: Session, changes: Sequence[Change[ExportedRow]]) -> set[str]:
    found = kept(session, table, [change.link.id for change in changes])
    return {
        change.row.external_id
        for change in changes
        if table.told(found[change.link.id]) == table.said(change.row)
    }


def _apply(table: Table, session: Session, plan: Plan[ExportedRow], sight: Sight) -> None:
    if plan.created:
        insert(session, table, plan.created, sight)
    if plan.updated:
        session.execute(
            update(table.model),
            [
                {"id": change.link.id, **table.stored(change.row), **_tie(change.row, sight)}
                for change in plan.updated
            ],
        )
    links.note_hashes(session, table.model, plan.resent)
    if plan.unchanged:
        links.touch(session, table.model, [link.id for link in plan.unchanged], sight)


def _tie(row: ExportedRow, sight: Sight) -> dict[str, Any]:
    return {
        "payload_hash": row.hash,
        "sync_status": "synced",
        "last_synced_at": sight.now,
        "seen_run": sight.run_id,
        "gone_at": None,
        "error": None,
    }


def _erase(table: Table, session: Session, sight: Sight) -> None:
    """Whom the site has forgotten, we forget too: the row stays, as a tombstone without a name."""
    blank: dict[str, Any] = dict.fromkeys(table.columns)
    blank |= {column: None for column, _ in table.marks.values()}
    session.execute(
        update(table.model)
        .where(links.unseen(table.model, sight))
        .values(**blank, extra=None, payload_hash=None, error=None),
        execution_options=NO_SYNC,
    )
