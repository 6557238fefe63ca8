"""Drifts of the art site's orders, read again: what the site says now, and what is kept here."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import crypto, personal
from core.errors import RefusedError
from db.models import TemplateOrder, TemplateOrderDrift, TemplateOrderItem
from db.template.orders import ITEM, TABLE

ITEM_COLUMNS = (*ITEM, "extra")

Seen = tuple[TemplateOrderDrift, str]
"""A drift, and its order's id at the site."""


def recent(session: Session, *, before: int | None, limit: int) -> list[Seen]:
    """Drifts, newest first, below the id ``before``; nothing is opened."""
    query = (
        select(TemplateOrderDrift, TemplateOrder.external_id)
        .join(TemplateOrder, TemplateOrder.id == TemplateOrderDrift.order_id)
        .order_by(TemplateOrderDrift.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(TemplateOrderDrift.id < before)
    return [(drift, order) for drift, order in session.execute(query)]


def find(session: Session, drift_id: int) -> Seen:
    """One drift; ``RefusedError`` when there is none."""
    drift = session.get(TemplateOrderDrift, drift_id)
    if drift is None:
        raise RefusedError(f"There is no drift {drift_id}.")
    return drift, session.get_one(TemplateOrder, drift.order_id).external_id


def opened(session: Session, drift: TemplateOrderDrift) -> dict[str, dict[str, Any]]:
    """By each field that differed, what is ``kept`` here and what the ``site`` said, unsealed."""
    site = json.loads(crypto.unseal(drift.payload))
    kept = _kept(session, drift.order_id)
    return {
        name: {"kept": _named(kept.get(name)), "site": _named(site.get(name))}
        for name in drift.fields
    }


def _kept(session: Session, order_id: int) -> dict[str, Any]:
    """The order as it was taken in, in the words in which a drift is kept."""
    *values, extra = TABLE.told(session.get_one(TemplateOrder, order_id))
    query = (
        select(TemplateOrderItem)
        .where(TemplateOrderItem.order_id == order_id)
        .order_by(TemplateOrderItem.position)
    )
    items = [
        [*(getattr(item, name) for name in ITEM), personal.reveal(item.extra)]
        for item in session.scalars(query)
    ]
    found = {**dict(zip(TABLE.columns, values, strict=True)), "items": items}
    plain: dict[str, Any] = json.loads(json.dumps(found, default=str))
    return {**json.loads(extra or "{}"), **plain}


def _named(value: Any) -> Any:
    """A list of items with its fields' names."""
    if not isinstance(value, list):
        return value
    return [
        dict(zip(ITEM_COLUMNS, item, strict=True))
        if isinstance(item, list) and len(item) == len(ITEM_COLUMNS)
        else item
        for item in value
    ]
