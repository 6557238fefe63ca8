"""Orders of the art site: taken in once, with their things, and never updated.

What the site says of an order later is kept beside it as a drift, for a person to see.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import crypto, details
from db import bulk, links
from db.models import TemplateOrder, TemplateOrderDrift, TemplateOrderItem
from db.page import Change, Known, Plan, Sight, Target, plan_page
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
    "the site says now is kept beside them (template_order_drifts)."
)


def compare(
    session: Session, rows: Sequence[ExportedRow], known: Mapping[str, Known], sight: Sight
) -> Plan[ExportedRow]:
    """New orders are created; of known ones, whatever they say now, nothing is written."""

    def written(changes: Sequence[Change[ExportedRow]]) -> set[str]:
        told = _told(session, [change.link.id for change in changes])
        return {
            change.row.external_id
            for change in changes
            if told[change.link.id] == _said(change.row)
        }

    plan = plan_page(rows, known, sight, written)
    plan.drifted, plan.updated = plan.updated, []
    plan.unchanged += [change.link for change in plan.drifted if not change.again]
    if plan.drifted:
        plan.warnings.append(DRIFTED)
    return plan


def apply(session: Session, plan: Plan[ExportedRow], sight: Sight) -> None:
    """Write new orders with their things; note what the known ones say now."""
    if plan.created:
        ids = tables.insert(session, TABLE, plan.created, sight)
        _insert_items(session, dict(zip(ids, plan.created, strict=True)))
    if plan.drifted:
        _note_drifts(session, plan.drifted, sight)
    links.note_hashes(session, TemplateOrder, [*plan.resent, *plan.drifted])
    if plan.unchanged:
        links.touch(session, TemplateOrder, [link.id for link in plan.unchanged], sight)


def _insert_items(session: Session, orders: Mapping[int, ExportedRow]) -> None:
    items = [
        {
            "order_id": ident,
            "position": position,
            **{name: item[name] for name in ITEM},
            "extra": json.loads(item["extra"]),
        }
        for ident, row in orders.items()
        for position, item in enumerate(row.items, 1)
    ]
    if items:
        session.execute(TemplateOrderItem.__table__.insert(), items)  # type: ignore[attr-defined]  # a table, not a join


def _note_drifts(session: Session, changes: Sequence[Change[ExportedRow]], sight: Sight) -> None:
    told = _told(session, [change.link.id for change in changes])
    for change in changes:
        payload = _shown(_said(change.row))
        text = json.dumps(payload, default=str, sort_keys=True)
        before = _shown(told[change.link.id])
        names = sorted(
            name for name in payload.keys() | before.keys()
            if payload.get(name) != before.get(name)
        )  # fmt: skip
        insert_new(
            session,
            TemplateOrderDrift,
            {
                "order_id": change.link.id,
                "run_id": sight.run_id,
                "digest": crypto.digest(text),
                "fields": names,
                "payload": crypto.seal(text),
            },
        )


def _said(row: ExportedRow) -> tuple[Any, ...]:
    """An order with its things, to be compared."""
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
            items[item.order_id].append((*values, details.encode(item.extra)))
    return {
        ident: (*TABLE.told(order), items[ident])
        for ident, order in tables.kept(session, TABLE, ids).items()
    }


def _shown(said: tuple[Any, ...]) -> dict[str, Any]:
    """The same by names, what has no column by its own."""
    *values, extra, items = said
    found = dict(zip(TABLE.columns, values, strict=True))
    return {**json.loads(extra or "{}"), **found, "items": items}


TARGET: Target[ExportedRow] = Target(
    link=TemplateOrder,
    version=tables.VERSION,
    compare=compare,
    preview=compare,
    apply=apply,
)
