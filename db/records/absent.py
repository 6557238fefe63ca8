"""Absent is not zero: of what a record lacks, what is known stays."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from core import details
from db.records.kind import AnyKind
from db.records.merge import Owner, Values
from db.records.plan import Known, Row, Stored


def complete(
    kind: AnyKind, rows: Sequence[Row], known: Mapping[str, Known], stored: Mapping[int, Stored]
) -> None:
    """Give ``rows`` the values that their records lack: those of an earlier row of the page, or
    of the store. A new record keeps its defaults.
    """
    if any(row.absent for row in rows):
        earlier: dict[str, Row] = {}
        for row in rows:
            if row.absent:
                _fill(kind, row, earlier.get(row.external_id), known, stored)
            earlier[row.external_id] = row
    if kind.rest is not None and known:
        place = kind.columns.index(kind.rest)
        for row in rows:
            link = known.get(row.external_id)
            if link is not None:
                _keep_rest(row, kind.rest, stored[link.id].says[place])


def owners(row: Row, ours: Values) -> dict[str, Owner]:
    """Whose are the columns of our own row that the record says nothing of: ours, once they have
    a value.
    """
    return {name: Owner.OURS for name in row.absent if ours.get(name) is not None}


def _fill(
    kind: AnyKind,
    row: Row,
    earlier: Row | None,
    known: Mapping[str, Known],
    stored: Mapping[int, Stored],
) -> None:
    link = known.get(row.external_id)
    parts = {part.name: part.columns for part in kind.parts}
    if earlier is not None:
        values: Values = earlier.values
        lines = {name: earlier.lines(name) for name in parts}
        absent = row.absent & earlier.absent
    elif link is not None:
        values, lines = _values(kind, stored[link.id]), _lines(parts, stored[link.id])
        absent = row.absent
    else:
        return
    row.values |= {name: values[name] for name in row.absent if name in values}
    if kind.parts:
        row.parts = {**(row.parts or {}), **{n: lines[n] for n in row.absent if n in lines}}
    # What the earlier row said is said.
    row.absent = absent


def _values(kind: AnyKind, stored: Stored) -> Values:
    """The columns' values: the source's last ones, and those that are only ours."""
    names = kind.ours.columns if kind.ours else ()
    ours = {name: stored.ours[name] for name in names if stored.ours[name] is not None}
    return {**ours, **dict(zip(kind.columns, stored.says, strict=False))}


def _lines(parts: Mapping[str, tuple[str, ...]], stored: Stored) -> dict[str, Sequence[Values]]:
    """The children of each part, as a row has them."""
    held = stored.says[len(stored.says) - len(parts) :] if parts else ()
    return {
        name: [dict(zip(columns, line, strict=True)) for line in lines]
        for (name, columns), lines in zip(parts.items(), held, strict=True)
    }


def _keep_rest(row: Row, name: str, before: str | None) -> None:
    """Keep the fields without a column that the record lacks, among those it has."""
    text = row.values[name]
    if before is None or before in ("{}", text):
        return
    now = json.loads(text)
    kept = {
        field: value
        for field, value in json.loads(before).items()
        if field not in now and field not in row.names
    }
    if kept:
        row.values[name] = details.encode(kept | now)
