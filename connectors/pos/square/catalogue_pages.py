"""What a sync keeps of Square's catalogue: each variation with its item, each rule with what it
points to. Pure: objects as received in, payloads out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from connectors.families import Product, Promotion
from connectors.pos.square import catalogue
from connectors.pos.square.found import Object
from connectors.pos.square.objects import ObjectPayload
from connectors.pos.square.wire import Instant, Listed
from core.payload import ExternalId, Payload


class ProductPayload(Payload):
    """A variation with its item; that has no variations here."""

    id: ExternalId
    updated_at: Instant | None = None
    variation: ObjectPayload
    item: ObjectPayload | None = None


class PromotionPayload(Payload):
    """A pricing rule with its discount, its products and its periods."""

    id: ExternalId
    rule: ObjectPayload
    objects: Listed[ObjectPayload] = ()


def product(record: ProductPayload) -> Product:
    """What is sold."""
    return catalogue.product(record.item, record.variation)


def promotion(record: PromotionPayload) -> Promotion:
    """What the till applies by itself."""
    return catalogue.promotion(record.rule, {each.id: each for each in record.objects})


def products(objects: Sequence[object], items: Mapping[str, Object]) -> list[object]:
    """The payloads of a page, each variation once; ``items`` are those that the page has not.

    Other types of objects are passed over; what is no object stays, for the reader to refuse.
    """
    known = {**items, **{str(each.get("id")): each for each in _dicts(objects)}}
    payloads: dict[object, object] = {}
    for each in objects:
        for payload in _of(each, known):
            ident = payload.get("id") if isinstance(payload, dict) else None
            payloads.setdefault(ident if isinstance(ident, str) else id(payload), payload)
    return list(payloads.values())


def items_elsewhere(objects: Sequence[object]) -> set[str]:
    """The ids of the items of the variations that are on a page without them."""
    on_page = {each.get("id") for each in _dicts(objects)}
    wanted = {_item_of(each) for each in _dicts(objects)}
    return {ident for ident in wanted - on_page if isinstance(ident, str)}


def without_item(each: object) -> bool:
    """Whether it does not come within an item."""
    return not (isinstance(each, dict) and _item_of(each))


def promotions(objects: Iterable[object]) -> list[object]:
    """The payloads of all pricing rules among ``objects``."""
    known = {each.get("id"): each for each in _dicts(objects)}
    return [
        {
            "id": ident,
            "rule": each,
            "objects": [known[other] for other in _points_to(data) if other in known],
        }
        for ident, each in known.items()
        if isinstance(data := each.get("pricing_rule_data"), dict) and not each.get("is_deleted")
    ]


def _of(each: object, known: Mapping[str, Object]) -> Iterator[object]:
    """The payloads of an item's variations, or of a variation alone."""
    if not isinstance(each, dict):
        yield each
    elif each.get("type") == "ITEM_VARIATION":
        yield _payload(known.get(str(_item_of(each))), each)
    elif isinstance(data := each.get("item_data"), dict):
        variations = data.get("variations") or []
        for variation in variations if isinstance(variations, list) else [variations]:
            yield _payload(each, variation)


def _item_of(variation: Object) -> object:
    data = variation.get("item_variation_data")
    return data.get("item_id") if isinstance(data, dict) else None


def _payload(item: Object | None, variation: object) -> object:
    if not isinstance(variation, dict):
        return variation
    data = item.get("item_data") if item else None
    if item is not None and isinstance(data, dict):
        inner = {name: value for name, value in data.items() if name != "variations"}
        item = {**item, "item_data": inner}
    changed = [each.get("updated_at") for each in (item, variation) if each]
    at = max((each for each in changed if isinstance(each, str)), default=None)
    return {"id": variation.get("id"), "updated_at": at, "variation": variation, "item": item}


def _points_to(rule: Object) -> Iterator[object]:
    yield rule.get("discount_id")
    yield rule.get("match_products_id")
    periods = rule.get("time_period_ids")
    yield from periods if isinstance(periods, list) else ()


def _dicts(objects: Iterable[object]) -> Iterator[Object]:
    """The objects among them."""
    return (each for each in objects if isinstance(each, dict))
