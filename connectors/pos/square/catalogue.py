"""From Square's catalogue to products and promotions. Pure: objects in, ours out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connectors.families import Price, Product, Promotion
from connectors.pos.square.objects import (
    DiscountData,
    ItemData,
    ObjectPayload,
    RuleData,
    VariationData,
)
from connectors.pos.square.wire import units


def product(item: ObjectPayload | None, variation: ObjectPayload) -> Product:
    """One variation of ``item``."""
    of_item = (item.item_data if item else None) or ItemData()
    data = variation.item_variation_data or VariationData()
    price = data.price_money
    return Product(
        id=variation.id,
        name=of_item.name or data.name or "",
        variation=data.name or "",
        sku=data.sku or None,
        gtin=data.upc or None,
        price=price.units if price else None,
        currency=price.currency if price else None,
        category_id=of_item.category_id or next((it.id for it in of_item.categories), None),
        prices=tuple(_overrides(variation.id, data)),
        deleted=bool(variation.is_deleted or (item and item.is_deleted)),
        version=variation.version,
        modified_at=variation.updated_at,
    )


def _overrides(ident: str, data: VariationData) -> Iterator[Price]:
    for override in data.location_overrides:
        price = override.price_money
        if price is not None and override.location_id:
            yield Price(
                external_id=ident,
                price=price.units,
                currency=price.currency,
                location=override.location_id,
            )


def promotion(rule: ObjectPayload, objects: Mapping[str, ObjectPayload]) -> Promotion:
    """``rule`` as one value; what it points to is looked up in ``objects``."""
    data = rule.pricing_rule_data or RuleData()
    discount = _discount(objects.get(data.discount_id or ""))
    amount = discount.amount_money
    return Promotion(
        id=rule.id,
        name=data.name or discount.name or "",
        percentage=discount.percentage,
        amount=units(amount) if amount else None,
        currency=amount.currency if amount else None,
        product_ids=_products_of(objects.get(data.match_products_id or "")),
        valid_from=data.valid_from_date,
        valid_until=data.valid_until_date,
        periods=tuple(
            period.event
            for ident in data.time_period_ids
            if ident in objects and (period := objects[ident].time_period_data)
        ),
        version=rule.version,
    )


def _discount(found: ObjectPayload | None) -> DiscountData:
    return (found.discount_data if found else None) or DiscountData()


def _products_of(found: ObjectPayload | None) -> tuple[str, ...]:
    data = found.product_set_data if found else None
    return (*data.product_ids_any, *data.product_ids_all) if data else ()
