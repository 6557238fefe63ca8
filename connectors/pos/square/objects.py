"""Objects of Square's catalogue as Square sends them (Catalog API, 2025-08-20)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from connectors.pos.square.wire import Instant, Listed, Money, Wire
from core.payload import ExternalId, Payload


class Override(Wire):
    """ItemVariationLocationOverrides: what is else at one location."""

    location_id: str | None = None
    price_money: Money | None = None


class VariationData(Wire):
    """CatalogItemVariation; without ``price_money`` the price is asked for at the till."""

    item_id: str | None = None
    name: str | None = None
    sku: str | None = None
    upc: str | None = None
    price_money: Money | None = None
    location_overrides: Listed[Override] = ()


class Category(Wire):
    """CatalogObjectCategory."""

    id: str | None = None


class DiscountData(Wire):
    """CatalogDiscount; ``percentage`` is text, as "7.25"."""

    name: str | None = None
    percentage: Decimal | None = None
    amount_money: Money | None = None


class ProductSetData(Wire):
    """CatalogProductSet: any of these."""

    product_ids_any: Listed[str] = ()
    product_ids_all: Listed[str] = ()


class PeriodData(Wire):
    """CatalogTimePeriod: an event of iCalendar."""

    event: str = ""


class RuleData(Wire):
    """CatalogPricingRule: which discount on which products, and when."""

    name: str | None = None
    discount_id: str | None = None
    match_products_id: str | None = None
    time_period_ids: Listed[str] = ()
    valid_from_date: date | None = None
    valid_until_date: date | None = None


class ItemData(Wire):
    """CatalogItem: a name over its variations, which are what is sold."""

    name: str | None = None
    category_id: str | None = None
    categories: Listed[Category] = ()
    variations: Listed[ObjectPayload] = ()


class ObjectPayload(Payload):
    """CatalogObject: one of many types, of which we read six."""

    type: str
    id: ExternalId
    version: int | None = None
    updated_at: Instant | None = None
    is_deleted: bool | None = None
    item_data: ItemData | None = None
    item_variation_data: VariationData | None = None
    discount_data: DiscountData | None = None
    product_set_data: ProductSetData | None = None
    time_period_data: PeriodData | None = None
    pricing_rule_data: RuleData | None = None


ItemData.model_rebuild()
