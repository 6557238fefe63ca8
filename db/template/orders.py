"""Orders of the art site: taken in once, with their items, and never updated.

What the site says of an order later is kept beside it as a drift, for a person to see.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import crypto, personal
from db import bulk
from db.models import TemplateOrder, TemplateOrderDrift, TemplateOrderItem
from db.records import links
from db.records.plan import Change, Known, Plan, Sight, Target
from db.template import tables
from db.template.tables import ExportedRow, Table
from db.upsert import insert_new

TABLE = Table(
    model=TemplateOrder,
    columns=("status", "total", "ordered_at"),
    concealed=frozenset({"extra"}),
)
ITEM = ("painting", "name", "quantity", "price")

DRIFTED = (
    "Some orders changed at the site since they were taken in: they stay as they were, and what "
    "the site says now is kept beside them ('template drifts list' shows it)."
)


def compare(
    session: Session, rows: Sequence[ExportedRow], known: Mapping[str, Known], sight: Sight
) -> Plan[ExportedRow]:
    """New orders are created; of known ones, whatever they say now, nothing is written.

    Of an order that comes twice the first is kept, on one page as on two.
    """
    plan: Plan[ExportedRow] = Plan()
    first: dict[str, ExportedRow] = {}
    met: list[Change[ExportedRow]] = []
    for row in rows:
        key, link = row.external_id, known.get(row.external_id)
        again = first.setdefault(key, row) is not row
        if link is not None:
            met.append(Change(row, link, again=again or link.seen_run == sight.run_id))
        elif not again:
            plan.created.append(row)
        else:
            plan.duplicates += 1
            if _said(row) != _said(first[key]):
                plan.drifted.append(Change(row, _unwritten(key), again=True))
    _compare_known(session, plan, met)
    if plan.drifted:
        plan.warnings.append(DRIFTED)
    return plan


def _unwritten(key: str) -> Known:
    """The link of an order that this page brings; its id is given when it is written."""
    return Known(key, 0, 0, None, None, gone=False, upstream_stock=0)


def _written(change: Change[ExportedRow], ids: Mapping[str, int]) -> Change[ExportedRow]:
    """A change whose order may be among the new ones, which have these ``ids`` now."""
    link = change.link
    return change._replace(link=link._replace(id=ids.get(link.external_id, link.id)))


def _compare_known(
    session: Session, plan: Plan[ExportedRow], met: Sequence[Change[ExportedRow]]
) -> None:
    """Whatever made these be compared, a drift is what says something that nothing here says."""
    told = _told(session, [change.link.id for change in met])
    noted = _noted(session, {
        change.link.id for change in met if _said(change.row) != told[change.link.id]
    })  # fmt: skip
    for change in met:
        plan.duplicates += change.again
        if not change.again:
            plan.unchanged.append(change.link)
        same = _said(change.row) == told[change.link.id]
        if same or not noted[change.link.id].isdisjoint(crypto.marks(_text(change.row))):
            plan.resent.append(change)
        else:
            plan.drifted.append(change)


def apply(session: Session, plan: Plan[ExportedRow], sight: Sight) -> None:
    """Write new orders with their items; note what the known ones say now."""
    ids: dict[str, int] = {}
    if plan.created:
        found = tables.insert(session, TABLE, plan.created, sight)
        _insert_items(session, dict(zip(found, plan.created, strict=True)))
        ids = {row.external_id: ident for ident, row in zip(found, plan.created, strict=True)}
    drifted = [_written(change, ids) for change in plan.drifted]
    _note_drifts(session, drifted, sight)
    links.note_hashes(session, TemplateOrder, [*plan.resent, *drifted])
    if plan.unchanged:
        links.touch(session, TemplateOrder, [link.id for link in plan.unchanged], sight)


def _insert_items(session: Session, orders: Mapping[int, ExportedRow]) -> None:
    items = [
        {
            "order_id": ident,
            "position": position,
            **{name: item[name] for name in ITEM},
            "extra": personal.conceal(item["extra"]),
        }
        for ident, row in orders.items()
        for position, item in enumerate(row.items, 1)
    ]
    if items:
        session.execute(TemplateOrderItem.__table__.insert(), items)  # type: ignore[attr-defined]  # a table, not a join


def _note_drifts(session: Session, changes: Sequence[Change[ExportedRow]], sight: Sight) -> None:
    told = _told(session, [change.link.id for change in changes])
    for change in changes:
        text = _text(change.row)
        insert_new(
            session,
            TemplateOrderDrift,
            {
                "order_id": change.link.id,
                "run_id": sight.run_id,
                "digest": crypto.marks(text)[0],
                "fields": _differing(_said(change.row), told[change.link.id]),
                "payload": crypto.seal(text),
            },
        )


def _said(row: ExportedRow) -> tuple[Any, ...]:
    """An order with its items, to be compared."""
    items = [(*(item[name] for name in ITEM), item["extra"]) for item in row.items]
    return *TABLE.said(row), items


def _told(session: Session, ids: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    """What the store has, in the words of ``_said``."""
    items: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    query = select(TemplateOrderItem).order_by(
        TemplateOrderItem.order_id, TemplateOrderItem.position
    )
    for part in bulk.parts(ids):
        for item in session.scalars(query.where(TemplateOrderItem.order_id.in_(part))):
            values = (getattr(item, name) for name in ITEM)
            items[item.order_id].append((*values, personal.reveal(item.extra)))
    return {
        ident: (*TABLE.told(order), items[ident])
        for ident, order in tables.kept(session, TABLE, ids).items()
    }


def _noted(session: Session, ids: Collection[int]) -> dict[int, set[str]]:
    """The digests of what the site said of these orders before, by the order's id."""
    found: dict[int, set[str]] = defaultdict(set)
    query = select(TemplateOrderDrift.order_id, TemplateOrderDrift.digest)
    for part in bulk.parts(ids):
        for ident, digest in session.execute(query.where(TemplateOrderDrift.order_id.in_(part))):
            found[ident].add(digest)
    return found


def _text(row: ExportedRow) -> str:
    """What a drift keeps: equal for orders that say the same."""
    return _letters(_shown(_said(row)))


def _differing(said: tuple[Any, ...], told: tuple[Any, ...]) -> list[str]:
    """The names of what is said otherwise; as letters, for in Python 0 is False."""
    now, before = (
        {name: _letters(value) for name, value in _shown(one).items()} for one in (said, told)
    )
    return sorted(name for name in now.keys() | before.keys() if now.get(name) != before.get(name))


def _letters(value: object) -> str:
    return json.dumps(value, default=str, sort_keys=True)


def _shown(said: tuple[Any, ...]) -> dict[str, Any]:
    """The same by names, what has no column by its own."""
    *values, extra, items = said
    found = {**dict(zip(TABLE.columns, values, strict=True)), "items": items}
    # A total of "on request" fits no column, and must not be hidden by it.
    left = {
        f"{name} as received" if name in found else name: value
        for name, value in json.loads(extra or "{}").items()
    }
    return {**left, **found}


TARGET: Target[ExportedRow] = Target(
    link=TemplateOrder,
    version=tables.VERSION,
    compare=compare,
    preview=compare,
    apply=apply,
)
