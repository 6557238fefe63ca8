"""Objects of Square's catalogue as Square sends them (Catalog API, 2025-08-20)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic.dataclasses import rebuild_dataclass

from connectors.pos.square.wire import Instant, Listed, Money, part
from core.payload import ExternalId, Payload


@part
class Override:
    """ItemVariationLocationOverrides: what is else at one location."""

    location_id: str | None = None
    price_money: Money | None = None


@part
class VariationData:
    """CatalogItemVariation; without ``price_money`` the price is asked for at the till."""

    item_id: str | None = None
    name: str | None = None
    sku: str | None = None
    upc: str | None = None
    price_money: Money | None = None
    location_overrides: Listed[Override] = ()


@part
class Category:
    """CatalogObjectCategory."""

    id: str | None = None


@part
class DiscountData:
    """CatalogDiscount; ``percentage`` is text, as "7.25"."""

    name: str | None = None
    percentage: Decimal | None = None
    amount_money: Money | None = None


@part
class ProductSetData:
    """CatalogProductSet: any of these."""

    product_ids_any: Listed[str] = ()
    product_ids_all: Listed[str] = ()


@part
class PeriodData:
    """CatalogTimePeriod: an event of iCalendar."""

    event: str = ""


@part
class RuleData:
    """CatalogPricingRule: which discount on which products, and when."""

    name: str | None = None
    discount_id: str | None = None
    match_products_id: str | None = None
    time_period_ids: Listed[str] = ()
    valid_from_date: date | None = None
    valid_until_date: date | None = None


@part
class ItemData:
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


rebuild_dataclass(ItemData)  # type: ignore[arg-type]  # as ``part`` made it
