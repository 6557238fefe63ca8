"""Drifts of the art site's orders, read again: the site's values beside the stored ones."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import crypto
from core.document import Json
from core.errors import NotFoundError
from db.models import TemplateOrder, TemplateOrderDrift
from db.records.drifts import text
from db.records.stored import stored
from db.template.kinds import ORDERS

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
    """One drift; ``NotFoundError`` when there is none."""
    drift = session.get(TemplateOrderDrift, drift_id)
    if drift is None:
        raise NotFoundError("drift", drift_id)
    return drift, session.get_one(TemplateOrder, drift.order_id).external_id


def opened(session: Session, drift: TemplateOrderDrift) -> dict[str, Json]:
    """By each field that differed, the value ``kept`` in the store and the ``site``'s, unsealed."""
    site = json.loads(crypto.unseal(drift.payload))
    values = stored(session, ORDERS, [drift.order_id])[drift.order_id].says
    kept = json.loads(text(ORDERS, values))
    return {
        name: {"kept": _named(kept.get(name)), "site": _named(site.get(name))}
        for name in drift.fields
    }


def _named(value: Any) -> Any:
    """A list of items with its fields' names."""
    if not isinstance(value, list):
        return value
    columns = ORDERS.parts[0].columns
    return [
        dict(zip(columns, item, strict=True))
        if isinstance(item, list) and len(item) == len(columns)
        else item
        for item in value
    ]
