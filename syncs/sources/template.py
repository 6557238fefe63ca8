"""The art site: how its records map to our columns, its source and its seven syncs.

A field has a column when the site's guide names it, or when an art shop is sure to have it.
Whatever does not fit its column, and all the rest, stays in ``extra`` as received.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from celery.schedules import crontab

from connectors.http.deadline import Timeouts
from connectors.page import Page
from connectors.template import TemplateExport
from connectors.template.payloads import ITEM_FIELDS, KeyedPayload, RecordPayload
from core import details, fields, money
from core.document import Json
from core.errors import SkippableError
from core.payload import details_json
from core.settings import settings
from db.records.plan import Context, Row
from db.template import checks, kinds
from db.template.kinds import ExportedKind
from syncs.declaration import Sync
from syncs.fields import Field
from syncs.source import Source

DAILY = crontab(minute="0", hour="2")
DAY = 86400.0
MOST_ITEMS = 1000


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


def name(value: object) -> str | None:
    """A ``text`` whose HTML entities are decoded."""
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004, as above
    return None if fields.is_nothing(value) else fields.name(value)


word = partial(text, longest=100)
STATUS = Field("status", ("status", "statut", "state"), word)
PERSON = (
    Field("name", ("name", "full_name", "nom"), name),
    Field("email", ("email",), text),
    Field("phone", ("phone", "telephone"), text),
)
ITEMS = Field("items", ITEM_FIELDS, always=True)
QUANTITY = Field("quantity", ("quantity", "qty"), fields.quantity)
ITEM = (
    Field("painting", ("painting_id",), fields.external_id),
    Field("name", ("name", "title", "painting_name"), name),
    QUANTITY,
    Field("price", ("price", "unit_price"), money.amount, always=True),
)


def pick(record: Mapping[str, object], columns: tuple[Field, ...]) -> tuple[Json, tuple[str, ...]]:
    """The columns' values, ``extra`` with the JSON text of what is left among them; and the names
    of the fields that could not be read, so that they are left.
    """
    left, values, unread = dict(record), dict[str, object](), list[str]()
    for field in columns:
        values[field.column], failed = _take(field, left)
        unread += failed
    return {**values, "extra": details.encode(left)}, tuple(unread)


def _take(field: Field, left: dict[str, object]) -> tuple[object, list[str]]:
    """The value under the first of the field's names that can be read, taken from ``left``; when
    there is none, the names that could not be read.
    """
    failed = []
    for name in field.names:
        value = left.get(name)
        if field.always and fields.is_nothing(value):
            # As if it were not there: what says nothing is no change of a record.
            left.pop(name, None)
        elif value is not None:
            try:
                read = field.read(value)
            except ValueError:
                failed.append(name)
            else:
                del left[name]
                return read, []
    return None, failed


def row(columns: tuple[Field, ...], record: RecordPayload) -> Row:
    """Any record with an id."""
    values, unread = pick(json.loads(details_json(record)), columns)
    return Row(record.id, values, unread=unread)


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
    name = _items_in(left)
    # PHP writes an empty list as an object, and other exports as null or "".
    items = (left.pop(name) if name is not None else None) or []
    if not isinstance(items, list) or not all(isinstance(raw, dict) for raw in items):
        raise SkippableError(f"{name}: must be a list of objects.", field=str(name))
    if len(items) > MOST_ITEMS:
        raise SkippableError(f"{name}: has more than {MOST_ITEMS} items.", field=str(name))
    picked = [item(raw) for raw in items]
    order.parts = {"items": [values for values, _ in picked]}
    unread = dict.fromkeys(f"{name}.{each}" for _, names in picked for each in names)
    order.unread += tuple(unread)
    order.values["extra"] = details.encode(left)
    return order


def _items_in(order: Json) -> str | None:
    """The field with the order's items: the first that has any, else the first there is."""
    names = [name for name in ITEM_FIELDS if name in order]
    return next((name for name in names if order[name]), names[0] if names else None)


def item(raw: Mapping[str, object]) -> tuple[Json, tuple[str, ...]]:
    """As ``pick`` for an order's item. Without a quantity it is one; one that cannot be read is
    unknown.
    """
    # The order's own number is in one of the site's responses and may be missing in another.
    values, unread = pick({name: raw[name] for name in raw if name != "order_id"}, ITEM)
    if values["quantity"] is None and not set(QUANTITY.names) & set(unread):
        values["quantity"] = 1
    return values, unread


VALUE = (Field("value", ("value",)),)
PAINTING = (
    Field("name", ("name", "title", "titre"), name),
    Field("price", ("price", "prix"), money.amount, always=True),
    STATUS,
    Field("category", ("category", "categorie"), name),
    Field("image", ("image", "image_url", "image_path"), partial(text, longest=2000)),
)
ORDER = (
    Field("status", ("status", "statut", "state"), word),
    Field("total", ("total", "total_price", "total_amount", "amount"), money.amount, always=True),
    Field("ordered_at", ("order_date", "created_at", "date"), moment, always=True),
)
EXHIBITION = (
    Field("title", ("title", "name", "titre"), name),
    Field("place", ("location", "place", "lieu"), name),
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
    columns: tuple[Field, ...],
    kind: ExportedKind,
    *,
    to_row: Callable[[Any], Row] | None = None,
    key: str = "id",
    complete: bool = False,
) -> Sync[TemplateExport, Any, Context]:
    return Sync(
        name=f"{SOURCE.name}.{name}",
        summary=summary,
        source=SOURCE,
        fetch=fetch,
        record=RecordPayload if key == "id" else KeyedPayload,
        row=to_row or partial(row, columns),
        kind=kind,
        fields=columns,
        complete=complete,
        item=f"{name.rstrip('s')}_id" if key == "id" else key,
        key=key,
        schedule=DAILY,
        fresh_for=DAY,
    )


SETTINGS = _sync(
    "settings", "Settings of the art site", TemplateExport.settings, VALUE, kinds.SETTINGS,
    to_row=keyed_row, key="key",
)  # fmt: skip
PAINTINGS = _sync(
    "paintings", "Paintings of the art site", TemplateExport.paintings, PAINTING, kinds.PAINTINGS
)
ORDERS = _sync(
    "orders", "Orders of the art site, with their items", TemplateExport.orders, (*ORDER, ITEMS),
    kinds.ORDERS, to_row=order_row,
)  # fmt: skip
USERS = _sync(
    "users", "Users of the art site; who leaves it is forgotten here", TemplateExport.users, USER,
    kinds.USERS, complete=True,
)  # fmt: skip
EXHIBITIONS = _sync(
    "exhibitions", "Exhibitions of the art site", TemplateExport.exhibitions, EXHIBITION,
    kinds.EXHIBITIONS,
)  # fmt: skip
CUSTOM_REQUESTS = _sync(
    "custom_requests", "Requests for works of their own", TemplateExport.custom_requests,
    (*PERSON, STATUS), kinds.CUSTOM_REQUESTS,
)  # fmt: skip
STATS = _sync(
    "stats", "Figures of the art site", TemplateExport.stats, VALUE, kinds.STATS,
    to_row=keyed_row, key="key",
)  # fmt: skip

SYNCS = (SETTINGS, PAINTINGS, ORDERS, USERS, EXHIBITIONS, CUSTOM_REQUESTS, STATS)
PATHS = {sync.name: sync.name.partition(".")[2].replace("_", "-") for sync in SYNCS}
"""The path of each, below ``/api/export/``."""
