"""The tables of ours; ``load`` makes every table known to ``Base.metadata``, wherever it is."""

from importlib import import_module
from pkgutil import walk_packages

from db.models.access import APIKey, AuditEvent, Operator
from db.models.acts import BulkAct
from db.models.base import Base
from db.models.calls import APICall
from db.models.catalogue import (
    Category,
    Departure,
    ExternalCategory,
    ExternalProduct,
    Product,
    Shop,
)
from db.models.failures import FailedTask, Reject
from db.models.folders import ConnectorFolder
from db.models.link import Link
from db.models.oauth import OAuthRequest, OAuthToken
from db.models.outbox import OutboxCommand, OutboxObject
from db.models.pos import PosItem, PosPayment, PosProduct, PosPromotion, PosTransaction
from db.models.runs import JobSlot, SyncRun, SyncState
from db.models.sales import DeviceNonce, Sale, SaleLine, SalesBatch, Terminal
from db.models.stock import StockMovement
from db.models.template import (
    TemplateCheck,
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
from db.models.webhooks import WebhookEvent

__all__ = [
    "APICall",
    "APIKey",
    "AuditEvent",
    "Base",
    "BulkAct",
    "Category",
    "ConnectorFolder",
    "Departure",
    "DeviceNonce",
    "ExternalCategory",
    "ExternalProduct",
    "FailedTask",
    "JobSlot",
    "Link",
    "OAuthRequest",
    "OAuthToken",
    "Operator",
    "OutboxCommand",
    "OutboxObject",
    "PosItem",
    "PosPayment",
    "PosProduct",
    "PosPromotion",
    "PosTransaction",
    "Product",
    "Reject",
    "Sale",
    "SaleLine",
    "SalesBatch",
    "Shop",
    "StockMovement",
    "SyncRun",
    "SyncState",
    "TemplateCheck",
    "TemplateCustomRequest",
    "TemplateExhibition",
    "TemplateOrder",
    "TemplateOrderDrift",
    "TemplateOrderItem",
    "TemplatePainting",
    "TemplateSetting",
    "TemplateStat",
    "TemplateUser",
    "Terminal",
    "WebhookEvent",
]


def load() -> None:
    """Import every module of ``db``: one that a source brought may declare tables, in no list."""
    for module in walk_packages(import_module("db").__path__, "db."):
        if not module.name.startswith("db.migrations"):
            import_module(module.name)
