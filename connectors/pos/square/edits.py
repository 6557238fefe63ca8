"""What a push of ours changes in Square's objects. Pure: objects in, those to write out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from connectors import currencies
from connectors.families import Price, Product
from connectors.pos.square.found import Object, writable
from connectors.pos.square.upsert import Edit

_VARIATION = "item_variation_data"


def of_prices(ident: str, changes: Sequence[Price]) -> Edit:
    """New prices of one variation, everywhere or at single locations."""

    def apply(known: Mapping[str, Object]) -> Sequence[Object]:
        return changed(known[ident], priced(known[ident], changes))

    return Edit(main=ident, reads=(ident,), apply=apply)


def of_item(ident: str, products: Mapping[str, Product]) -> Edit:
    """New names, codes and prices of an item's variations, by their id.

    The item is written whole: of one that came without its variations Square would drop them.
    """

    def apply(known: Mapping[str, Object]) -> Sequence[Object]:
        item = known[ident]
        variations = [
            _varied(each, products[str(each.get("id"))]) if each.get("id") in products else each
            for each in within(item, "item_data", "variations")
        ]
        name = list(products.values())[-1].name
        return changed(item, having(item, "item_data", name=name, variations=variations))

    return Edit(main=ident, reads=(ident,), apply=apply)


def of_new(product: Product) -> Edit:
    """A new item with one variation, sold at every location."""
    item, variation = f"#{product.sku}", f"#{product.sku}/1"
    inner: Object = {
        "type": "ITEM_VARIATION",
        "id": variation,
        "present_at_all_locations": True,
        _VARIATION: {
            "item_id": item,
            "name": product.name,
            # Until a price is set: it is asked for at the till.
            "pricing_type": "VARIABLE_PRICING",
        },
    }
    outer: Object = {
        "type": "ITEM",
        "id": item,
        "present_at_all_locations": True,
        "item_data": {"name": product.name, "variations": [_varied(inner, product)]},
    }
    return Edit(main=variation, reads=(), apply=lambda _: [outer])


def priced(variation: Object, changes: Iterable[Price]) -> Object:
    """``variation`` with these prices."""
    for change in changes:
        fixed: Object = {
            "pricing_type": "FIXED_PRICING",
            "price_money": money(change.price, change.currency),
        }
        if change.location is None:
            variation = having(variation, _VARIATION, **fixed)
        else:
            overrides = within(variation, _VARIATION, "location_overrides")
            at = _at(overrides, change.location, fixed)
            variation = having(variation, _VARIATION, location_overrides=at)
    return variation


def _at(overrides: Sequence[Object], location: str, fixed: Object) -> list[Object]:
    if any(each.get("location_id") == location for each in overrides):
        return [
            {**each, **fixed} if each.get("location_id") == location else each for each in overrides
        ]
    return [*overrides, {"location_id": location, **fixed}]


def _varied(variation: Object, product: Product) -> Object:
    codes = {"name": product.variation, "sku": product.sku, "upc": product.gtin}
    given = {name: value for name, value in codes.items() if value}
    return priced(having(variation, _VARIATION, **given), prices_of(product))


def prices_of(product: Product) -> list[Price]:
    """The price everywhere, when there is one, and those of single locations."""
    if product.price is None:
        return list(product.prices)
    return [Price(price=product.price, currency=product.currency or ""), *product.prices]


def money(amount: Decimal, currency: str) -> Object:
    """Square's Money."""
    return {"amount": currencies.minor(amount, currency), "currency": currency}


def having(parent: Object, part: str, **fields: object) -> Object:
    """``parent`` with these fields in one of its parts; a field of None is left out."""
    inner = parent.get(part)
    both = {**(inner if isinstance(inner, dict) else {}), **fields}
    return {**parent, part: {name: value for name, value in both.items() if value is not None}}


def within(parent: Object, part: str, name: str) -> list[Object]:
    """The objects of a list in one of its parts."""
    inner = parent.get(part)
    found = inner.get(name) if isinstance(inner, dict) else None
    return [each for each in found or () if isinstance(each, dict)]


def changed(before: Object, after: Object) -> list[Object]:
    """``after``, as it can be written, unless nothing differs."""
    written = writable(after)
    return [written] if isinstance(written, dict) and before != after else []
