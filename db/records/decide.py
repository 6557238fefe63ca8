"""What a page of records does to the store, decided from values alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from db.records import drifts
from db.records.kind import AnyKind, C, KeepFirst, Kind
from db.records.plan import Change, Known, Plan, Row, Stored

Of = Callable[[Row], Change]
"""A row of a known record, with what the store has of it."""


def decide(
    kind: Kind[C],
    rows: Sequence[Row],
    known: Mapping[str, Known],
    stored: Mapping[int, Stored],
    context: C,
) -> Plan:
    """Sort ``rows`` into new, changed, unchanged and gone.

    ``known`` are the links there are, by the source's key; ``stored`` is what the store has of
    them, by the link's id. Of rows with one key the newest version counts, the last one where
    they have none, or the first where the first is kept.
    """

    def change(row: Row) -> Change:
        link = known[row.external_id]
        again = context.in_run and link.seen_run == context.run_id
        return Change(row, link, stored[link.id], again=again)

    plan = Plan()
    if any(row.gone for row in rows):
        rows = _take_gone(kind, plan, rows, known, change)
    if isinstance(kind.change, KeepFirst):
        _keep_first(kind, kind.change, plan, rows, known, change)
        return plan
    last = _last(kind, rows)
    plan.duplicates += len(rows) - len(last)
    plan.created = [row for key, row in last.items() if key not in known]
    for key, row in last.items():
        if key in known:
            _compare(kind, plan, change(row), context)
    return plan


def _last(kind: AnyKind, rows: Sequence[Row]) -> dict[str, Row]:
    """The row that counts of each record."""
    if kind.newest is None:
        return {row.external_id: row for row in rows}
    last = dict[str, Row]()
    for row in rows:
        before = last.setdefault(row.external_id, row)
        if not kind.is_older(row, before.values.get(kind.newest)):
            last[row.external_id] = row
    return last


def _take_gone(
    kind: AnyKind, plan: Plan, rows: Sequence[Row], known: Mapping[str, Known], change: Of
) -> list[Row]:
    """Plan what says that it is deleted; the rows that are left."""
    last = _last(kind, rows)
    gone = [row for row in last.values() if row.gone]
    left = [row for row in rows if not (row.gone or last[row.external_id].gone)]
    plan.duplicates += len(rows) - len(left) - len(gone)
    for row in gone:
        link = known.get(row.external_id)
        # A placeholder was never sent by its source, so the source cannot have deleted it.
        if link is None or link.gone or link.seen_run is None:
            plan.absent += 1
        else:
            _tombstone(kind, plan, change(row))
    return left


def _tombstone(kind: AnyKind, plan: Plan, change: Change) -> None:
    plan.duplicates += change.again
    if not kind.is_older(change.row, kind.version_of(change.stored)):
        plan.gone.append(change)
    elif not change.again:
        plan.older.append(change.link.external_id)


def _compare(kind: Kind[C], plan: Plan, change: Change, context: C) -> None:
    plan.duplicates += change.again
    if kind.is_older(change.row, kind.version_of(change.stored)):
        if not change.again:
            plan.older.append(change.link.external_id)
        return
    if not (_comparable(change) and kind.same(change, context)):
        plan.updated.append(change)
        return
    plan.resent.append(change)
    if not change.again:
        plan.unchanged.append(change.link)


def _comparable(change: Change) -> bool:
    """Whether equal values mean that nothing need be written: not for a tombstone, not when a
    rewrite was requested, and not when the code's version is another one.
    """
    link, version = change.link, change.row.hash.partition(".")[0]
    return not link.gone and link.hash is not None and link.hash.partition(".")[0] == version


def _keep_first(
    kind: Kind[C],
    keeping: KeepFirst,
    plan: Plan,
    rows: Sequence[Row],
    known: Collection[str],
    change: Of,
) -> None:
    """New records are created; of known ones nothing is written, whatever their values now."""
    first = dict[str, Row]()
    for row in rows:
        key = row.external_id
        again = first.setdefault(key, row) is not row
        if key in known:
            met = change(row)
            _meet(kind, plan, met._replace(again=again or met.again))
        elif not again:
            plan.created.append(row)
        else:
            plan.duplicates += 1
            if kind.says(row) != kind.says(first[key]):
                plan.drifted.append(_of_this_page(kind, row, first[key]))
    if plan.drifted:
        plan.warnings.append(keeping.warning)


def _meet(kind: Kind[C], plan: Plan, change: Change) -> None:
    """A drift has values that neither the stored record nor an earlier drift has."""
    plan.duplicates += change.again
    if not change.again:
        plan.unchanged.append(change.link)
    values, stored = kind.says(change.row), change.stored
    same = values == stored.says or not set(stored.noted).isdisjoint(drifts.marks(kind, values))
    (plan.resent if same else plan.drifted).append(change)


def _of_this_page(kind: Kind[C], row: Row, first: Row) -> Change:
    """A change of a record that this page brings; its link's id is given when it is written."""
    unwritten = Known(row.external_id, 0, 0, None, None, gone=False)
    return Change(row, unwritten, Stored(kind.says(first)), again=True)
