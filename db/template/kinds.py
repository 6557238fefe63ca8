"""What the art site's export brings, kind by kind."""

from __future__ import annotations

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
from db.records.kind import KeepFirst, Kind, Part
from db.records.plan import Context

ExportedKind = Kind[Context]

SETTINGS: ExportedKind = Kind(
    link=TemplateSetting, version=1, columns=("value", "extra"), rest="extra"
)

PAINTINGS: ExportedKind = Kind(
    link=TemplatePainting,
    version=2,
    columns=("name", "price", "status", "category", "image", "extra"),
    rest="extra",
)

DRIFTED = (
    "Some orders changed at the site since they were taken in: they stay as they were, and what "
    "the site says now is kept beside them."
)

ORDERS: ExportedKind = Kind(
    link=TemplateOrder,
    version=1,
    columns=("status", "total", "ordered_at", "extra"),
    rest="extra",
    parts=(
        Part(
            name="items",
            model=TemplateOrderItem,
            parent="order_id",
            columns=("painting", "name", "quantity", "price", "extra"),
        ),
    ),
    change=KeepFirst(
        drifts=TemplateOrderDrift,
        parent="order_id",
        opened="extra",
        warning=DRIFTED,
    ),
)
"""Taken in once, with their items, and never updated."""

USERS: ExportedKind = Kind(
    link=TemplateUser,
    version=2,
    columns=("name", "email", "phone", "role", "extra"),
    rest="extra",
    erases=True,
)

EXHIBITIONS: ExportedKind = Kind(
    link=TemplateExhibition,
    version=2,
    columns=("title", "place", "starts_at", "ends_at", "extra"),
    rest="extra",
)

CUSTOM_REQUESTS: ExportedKind = Kind(
    link=TemplateCustomRequest,
    version=2,
    columns=("name", "email", "phone", "status", "extra"),
    rest="extra",
)

STATS: ExportedKind = Kind(link=TemplateStat, version=1, columns=("value", "extra"), rest="extra")
