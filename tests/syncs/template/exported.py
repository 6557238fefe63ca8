"""The art site's tables as a test reads them: what they say, in the clear, by the site's ids."""

from typing import Any

from sqlalchemy import select

from core import personal
from db.models import (
    TemplateCustomRequest,
    TemplateExhibition,
    TemplateOrder,
    TemplateOrderDrift,
    TemplateOrderItem,
    TemplatePainting,
    TemplateSetting,
    TemplateStat,
    TemplateUser,
)
from db.models.template import Exported
from db.session import reading
from syncs.declaration import AnySync
from syncs.sources import template
from tests.syncs.running import Statistics, sync_now

TABLES: dict[str, type[Exported]] = {
    "settings": TemplateSetting,
    "paintings": TemplatePainting,
    "orders": TemplateOrder,
    "users": TemplateUser,
    "exhibitions": TemplateExhibition,
    "custom_requests": TemplateCustomRequest,
    "stats": TemplateStat,
}
ORDERED = {sync.name.partition(".")[2]: sync for sync in template.SYNCS}
TIES = {
    "id", "payload_hash", "seen_run", "last_synced_at", "source", "sync_status", "error",
}  # fmt: skip
NO_TEXT = {"order_id", "position", "id"}


def run_all(**changed: Any) -> dict[str, Statistics]:
    """Every resource in its order, from the site's own pages."""
    return {name: sync_now(sync, **changed) for name, sync in ORDERED.items()}


def resource(name: str) -> AnySync:
    """The sync of one of the site's tables."""
    return ORDERED[name]


def said(name: str) -> dict[str, dict[str, Any]]:
    """What a table says, by the site's id, unsealed, without what a run leaves on every row."""
    model = TABLES[name]
    columns = [column.name for column in model.__table__.columns if column.name not in TIES]
    with reading() as session:
        return {
            row.external_id: {name: clear(name, getattr(row, name)) for name in columns}
            for row in session.scalars(select(model))
        }


def clear(name: str, value: Any) -> Any:
    """A value as it was received; a mark is one already."""
    sealed = isinstance(value, str) and not name.endswith("_mark")
    return personal.reveal(value) if sealed else value


def user(external_id: str) -> TemplateUser:
    """A user's row as it is kept."""
    with reading() as session:
        query = select(TemplateUser).where(TemplateUser.external_id == external_id)
        return session.scalars(query).one()


def items() -> dict[str, list[dict[str, Any]]]:
    """The items of every order, by the order's id at the site, in their order."""
    found: dict[str, list[dict[str, Any]]] = {}
    query = (
        select(TemplateOrder.external_id, TemplateOrderItem)
        .join(TemplateOrder, TemplateOrder.id == TemplateOrderItem.order_id)
        .order_by(TemplateOrderItem.order_id, TemplateOrderItem.position)
    )
    with reading() as session:
        for key, item in session.execute(query):
            columns = [one.name for one in item.__table__.columns if one.name not in NO_TEXT]
            found.setdefault(key, []).append(
                {name: clear(name, getattr(item, name)) for name in columns}
            )
    return found


def everything() -> dict[str, Any]:
    """All that the tables say."""
    return {**{name: said(name) for name in TABLES}, "items": items()}


def drifts() -> list[TemplateOrderDrift]:
    """What changed at the site after it was taken in, oldest first."""
    with reading() as session:
        return list(session.scalars(select(TemplateOrderDrift).order_by(TemplateOrderDrift.id)))
