"""What a page of records does to the store, decided from values alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from db.records import drifts
from db.records.kind import C, KeepFirst, Kind
from db.records.plan import Change, Known, Plan, Row, Stored


def decide(
    kind: Kind[C],
    rows: Sequence[Row],
    known: Mapping[str, Known],
    stored: Mapping[int, Stored],
    context: C,
) -> Plan:
    """Sort ``rows`` into new, changed and unchanged.

    ``known`` are the links there are, by the source's key; ``stored`` is what the store has of
    them, by the link's id. Of rows with one key the last one counts, or the first where the first
    is kept.
    """

    def change(row: Row) -> Change:
        link = known[row.external_id]
        return Change(row, link, stored[link.id], again=link.seen_run == context.run_id)

    if isinstance(kind.change, KeepFirst):
        return _keep_first(kind, kind.change, rows, known, change)
    last = {row.external_id: row for row in rows}
    plan = Plan(duplicates=len(rows) - len(last))
    plan.created = [row for key, row in last.items() if key not in known]
    for key, row in last.items():
        if key in known:
            _compare(kind, plan, change(row), context)
    return plan


def _compare(kind: Kind[C], plan: Plan, change: Change, context: C) -> None:
    plan.duplicates += change.again
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
    rows: Sequence[Row],
    known: Collection[str],
    change: Callable[[Row], Change],
) -> Plan:
    """New records are created; of known ones nothing is written, whatever their values now."""
    plan, first = Plan(), dict[str, Row]()
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
    return plan


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
