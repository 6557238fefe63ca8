"""The tables. Importing this package makes every table known to ``Base.metadata``.

A new module of it is found by itself: whoever adds one edits no list.
"""

from importlib import import_module
from pkgutil import iter_modules

from db.models.access import APIKey, AuditEvent, Operator
from db.models.base import Base
from db.models.catalogue import Category, ExternalCategory, ExternalProduct, Product, Shop
from db.models.failures import FailedTask, Reject
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

__all__ = [
    "APIKey",
    "AuditEvent",
    "Base",
    "Category",
    "DeviceNonce",
    "ExternalCategory",
    "ExternalProduct",
    "FailedTask",
    "JobSlot",
    "Operator",
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
]

for _module in iter_modules(__path__, f"{__name__}."):
    import_module(_module.name)
