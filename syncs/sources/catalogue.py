"""The B2B catalogue: how its records map to our columns, and its two syncs."""

from __future__ import annotations

from celery.schedules import crontab

from connectors.catalogue import BoliBana, CategoryPayload, ProductPayload
from core.payload import details_json
from db.catalogue import categories, products
from db.catalogue.categories import CategoryRow
from db.catalogue.products import ProductRow
from db.types import to_units
from syncs.declaration import Policy, Sync


def category_row(record: CategoryPayload) -> CategoryRow:
    """name→name, parent_id→parent; everything else is kept as received."""
    return CategoryRow(record.id, record.name, record.parent_id, details_json(record))


def product_row(record: ProductPayload) -> ProductRow:
    """name→title, price→price, stock→stock, sku→sku and external_sku, category_id→category,
    site_id→shop; everything else is kept as received.
    """
    return ProductRow(
        record.id, record.name, to_units(record.price), record.stock, record.sku, record.barcode,
        record.category_id, record.site_id, details_json(record),
    )  # fmt: skip


CATEGORIES: Sync[BoliBana, CategoryPayload, CategoryRow] = Sync(
    name="b2b.categories",
    summary="Categories of the B2B catalogue",
    connector="b2b",
    fetch=BoliBana.categories,
    record=CategoryPayload,
    row=category_row,
    target=categories.TARGET,
    policy=Policy.MIRROR,
    item="category_id",
    schedule=crontab(minute="5", hour="*/2"),
    aliases=("sync_categories_from_inventory",),
)

PRODUCTS: Sync[BoliBana, ProductPayload, ProductRow] = Sync(
    name="b2b.products",
    summary="Products of the B2B catalogue, with their stock",
    connector="b2b",
    fetch=BoliBana.products,
    record=ProductPayload,
    row=product_row,
    target=products.TARGET,
    policy=Policy.MIRROR,
    item="product_id",
    schedule=crontab(minute="10", hour="*/2"),
    options={"site_id": int},
    filters=frozenset({"site_id"}),
    aliases=("sync_products_from_inventory",),
)
