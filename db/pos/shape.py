"""A ticket's columns, and its lines."""

from __future__ import annotations

from db.models import PosItem, PosPayment
from db.records.kind import Part

COLUMNS = (
    "shop_id", "location", "status", "currency", "total", "tax", "discount", "tip", "refunded",
    "opened_at", "closed_at", "business_date", "customer_id", "version", "modified_at",
)  # fmt: skip

ITEMS = Part(
    name="items",
    model=PosItem,
    parent="transaction_id",
    columns=(
        "external_id", "product_external_id", "sku", "name", "quantity", "price", "discount",
        "tax", "tax_rate", "total",
    ),
)  # fmt: skip

PAYMENTS = Part(
    name="payments",
    model=PosPayment,
    parent="transaction_id",
    columns=("method", "amount", "tip"),
)
