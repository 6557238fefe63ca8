"""The art site: how its records map to our columns, its source and its seven syncs.

A field has a column when the site's guide names it, or when an art shop is sure to have it.
Whatever does not fit its column, and all the rest, stays in ``extra`` as received.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from celery.schedules import crontab

from connectors.http.deadline import Timeouts
from connectors.page import Page
from connectors.template import TemplateExport
from connectors.template.payloads import ITEM_FIELDS, KeyedPayload, PaintingPayload, RecordPayload
from core import details, fields, money
from core.document import Json
from core.errors import SkippableError
from core.payload import Payload, details_json
from core.settings import settings
from db.records.plan import Context, Row
from db.template import checks, kinds
from db.template.kinds import ExportedKind
from syncs.declaration import Sync
from syncs.source import Source

DAILY = crontab(minute="0", hour="2")
DAY = 86400.0
MOST_ITEMS = 1000


@dataclass(frozen=True)
class Field:
    """A column and the names of its value; ``read`` raises ``ValueError`` for an unusable one."""

    column: str
    names: tuple[str, ...]
    read: Callable[[Any], Any]


def text(value: object, *, longest: int = fields.LONGEST_TEXT) -> str | None:
    """A short text; None for an empty one."""
    if not isinstance(value, str) or len(value) > longest:
        raise ValueError
    return value.strip() or None


def moment(value: object) -> datetime | None:
    """ISO 8601, as ``2026-11-21T14:30:00``; without an offset it is UTC. To the millisecond."""
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004, one kind of trouble: it stays in ``extra``
    instant = datetime.fromisoformat(value)
    # What a store cannot keep would look like a change whenever the two are compared.
    instant = instant.replace(microsecond=instant.microsecond // 1000 * 1000)
    try:
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError from error


word = partial(text, longest=100)
STATUS = Field("status", ("status", "statut", "state"), word)
PERSON = (
    Field("name", ("name", "full_name", "nom"), text),
    Field("email", ("email",), text),
    Field("phone", ("phone", "telephone"), text),
)
ITEM = (
    Field("painting", ("painting_id",), fields.external_id),
    Field("name", ("name", "title", "painting_name"), text),
    Field("quantity", ("quantity", "qty"), fields.quantity),
    Field("price", ("price", "unit_price"), money.amount),
)


def pick(record: Mapping[str, object], columns: tuple[Field, ...]) -> Json:
    """The columns' values; ``extra`` is the JSON text of what is left."""
    left, values = dict(record), dict[str, object]()
    for field in columns:
        values[field.column] = None
        for name in field.names:
            if left.get(name) is None:
                continue
            try:
                values[field.column] = field.read(left[name])
            except ValueError:
                continue
            del left[name]
            break
    return {**values, "extra": details.encode(left)}


def row(columns: tuple[Field, ...], record: RecordPayload) -> Row:
    """Any record with an id."""
    return Row(record.id, pick(json.loads(details_json(record)), columns))


def painting_row(record: PaintingPayload) -> Row:
    """name→name, price→price …; everything else is kept as received."""
    painting = row(PAINTING, record)
    painting.values["name"] = record.name
    return painting


def keyed_row(record: KeyedPayload) -> Row:
    """key→key, value→value, of whatever kind."""
    left = json.loads(details_json(record))
    value = left.pop("value", None)
    text = None if value is None else details.encode(value)
    return Row(record.key, {"value": text, "extra": details.encode(left)})


def order_row(record: RecordPayload) -> Row:
    """id, status, total, when, and its items; everything else is kept sealed."""
    order = row(ORDER, record)
    left = json.loads(order.values["extra"])
    name = next((each for each in ITEM_FIELDS if each in left), None)
    items = left.pop(name) if name is not None else []
    if not isinstance(items, list) or not all(isinstance(raw, dict) for raw in items):
        raise SkippableError(f"{name}: must be a list of objects.", field=str(name))
    if len(items) > MOST_ITEMS:
        raise SkippableError(f"{name}: has more than {MOST_ITEMS} items.", field=str(name))
    order.parts = {"items": [item(raw) for raw in items]}
    order.values["extra"] = details.encode(left)
    return order


def item(raw: Mapping[str, object]) -> Json:
    """The columns of an order's item; without a quantity it is one."""
    # The order's own number is in one of the site's responses and may be missing in another.
    values = pick({name: raw[name] for name in raw if name != "order_id"}, ITEM)
    if values["quantity"] is None:
        values["quantity"] = 1
    return values


PAINTING = (
    Field("price", ("price", "prix"), money.amount),
    STATUS,
    Field("category", ("category", "categorie"), text),
    Field("image", ("image", "image_url", "image_path"), partial(text, longest=2000)),
)
ORDER = (
    Field("status", ("status", "statut", "state"), word),
    Field("total", ("total", "total_price", "total_amount", "amount"), money.amount),
    Field("ordered_at", ("order_date", "created_at", "date"), moment),
)
EXHIBITION = (
    Field("title", ("title", "name", "titre"), text),
    Field("place", ("location", "place", "lieu"), text),
    Field("starts_at", ("start_date", "starts_at", "date"), moment),
    Field("ends_at", ("end_date", "ends_at"), moment),
)
USER = (*PERSON, Field("role", ("role",), word))


def connector(timeouts: Timeouts) -> TemplateExport:
    """The site's export, with the settings' address and key."""
    given = settings()
    key = given.template_api_key
    return TemplateExport.open(
        url=given.template_base_url,
        key=key.get_secret_value() if key is not None else "",
        timeouts=timeouts,
    )


SOURCE = Source(
    name="template",
    family="template",
    vendor="template",
    connector=connector,
    timeout=lambda: settings().inventory_api_timeout,
    needs=("TEMPLATE_BASE_URL", "TEMPLATE_API_KEY"),
    advice="The art site is not configured: set TEMPLATE_BASE_URL (https://…) and "
    "TEMPLATE_API_KEY (the site's TEMPLATE_MASTER_API_KEY) in the environment or in .env.",
    probe=lambda export: list(export.stats()),
    checks=checks,
)


def _sync(
    name: str,
    summary: str,
    fetch: Callable[..., Iterator[Page]],
    record: type[Payload],
    to_row: Callable[[Any], Row],
    kind: ExportedKind,
    *,
    key: str = "id",
    complete: bool = False,
) -> Sync[TemplateExport, Any, Context]:
    return Sync(
        name=f"{SOURCE.name}.{name}",
        summary=summary,
        source=SOURCE,
        fetch=fetch,
        record=record,
        row=to_row,
        kind=kind,
        complete=complete,
        item=f"{name.rstrip('s')}_id" if key == "id" else key,
        key=key,
        schedule=DAILY,
        fresh_for=DAY,
    )


SETTINGS = _sync(
    "settings", "Settings of the art site", TemplateExport.settings, KeyedPayload, keyed_row,
    kinds.SETTINGS, key="key",
)  # fmt: skip
PAINTINGS = _sync(
    "paintings", "Paintings of the art site", TemplateExport.paintings, PaintingPayload,
    painting_row, kinds.PAINTINGS,
)  # fmt: skip
ORDERS = _sync(
    "orders", "Orders of the art site, with their items", TemplateExport.orders, RecordPayload,
    order_row, kinds.ORDERS,
)  # fmt: skip
USERS = _sync(
    "users", "Users of the art site; who leaves it is forgotten here", TemplateExport.users,
    RecordPayload, partial(row, USER), kinds.USERS, complete=True,
)  # fmt: skip
EXHIBITIONS = _sync(
    "exhibitions", "Exhibitions of the art site", TemplateExport.exhibitions, RecordPayload,
    partial(row, EXHIBITION), kinds.EXHIBITIONS,
)  # fmt: skip
CUSTOM_REQUESTS = _sync(
    "custom_requests", "Requests for works of their own", TemplateExport.custom_requests,
    RecordPayload, partial(row, (*PERSON, STATUS)), kinds.CUSTOM_REQUESTS,
)  # fmt: skip
STATS = _sync(
    "stats", "Figures of the art site", TemplateExport.stats, KeyedPayload, keyed_row,
    kinds.STATS, key="key",
)  # fmt: skip

SYNCS = (SETTINGS, PAINTINGS, ORDERS, USERS, EXHIBITIONS, CUSTOM_REQUESTS, STATS)
PATHS = {sync.name: sync.name.partition(".")[2].replace("_", "-") for sync in SYNCS}
"""The path of each, below ``/api/export/``."""
