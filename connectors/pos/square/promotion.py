"""A promotion as Square keeps it: a rule over a discount, a set of products and periods of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from connectors.families import Promotion
from connectors.pos.square.edits import changed, having, money
from connectors.pos.square.found import Object
from connectors.pos.square.upsert import Edit


def of_promotion(promotion: Promotion, rule: Object | None) -> Edit:
    """The edit of ``rule`` and of what it points to, or of a new one.

    The ids of what is new are Square's to give: ``#rule`` and so on stand for them in the batch.
    """
    main = str(rule["id"]) if rule else "#rule"
    discount, products = _points_to(rule, "discount_id"), _points_to(rule, "match_products_id")
    periods = _periods(rule)
    reads = [ident for ident in (main, discount, products, *periods) if ident and ident[0] != "#"]

    def apply(known: Mapping[str, Object]) -> Sequence[Object]:
        ids = [discount or "#discount", products or "#products"]
        return list(_objects(promotion, known, rule=main, points_to=ids, periods=periods))

    return Edit(main=main, reads=tuple(reads), apply=apply)


def _objects(
    promotion: Promotion,
    known: Mapping[str, Object],
    *,
    rule: str,
    points_to: Sequence[str],
    periods: Sequence[str],
) -> Iterator[Object]:
    discount, products = points_to
    yield from _written(known, discount, "DISCOUNT", _discount(promotion))
    yield from _written(known, products, "PRODUCT_SET", _products(promotion))
    if [_event(known[ident]) for ident in periods] != list(promotion.periods):
        periods = [f"#period{number}" for number, _ in enumerate(promotion.periods)]
        for ident, event in zip(periods, promotion.periods, strict=True):
            yield from _written(known, ident, "TIME_PERIOD", {"event": event})
    fields: Object = {
        "name": promotion.name,
        "discount_id": discount,
        "match_products_id": products,
        "time_period_ids": list(periods) or None,
        "valid_from_date": promotion.valid_from and promotion.valid_from.isoformat(),
        "valid_until_date": promotion.valid_until and promotion.valid_until.isoformat(),
    }
    yield from _written(known, rule, "PRICING_RULE", fields)


def _written(
    known: Mapping[str, Object], ident: str, kind: str, fields: Object
) -> Iterator[Object]:
    before = known.get(ident, {"type": kind, "id": ident})
    yield from changed(before, having(before, f"{kind.lower()}_data", **fields))


def _discount(promotion: Promotion) -> Object:
    percentage, amount = promotion.percentage, promotion.amount
    return {
        "name": promotion.name,
        "discount_type": "FIXED_AMOUNT" if percentage is None else "FIXED_PERCENTAGE",
        "percentage": None if percentage is None else f"{percentage.normalize():f}",
        "amount_money": None if amount is None else money(amount, promotion.currency or ""),
    }


def _products(promotion: Promotion) -> Object:
    ids = list(promotion.product_ids)
    return {"product_ids_any": ids or None, "all_products": None if ids else True}


def _data(rule: Object | None) -> Object:
    data = rule.get("pricing_rule_data") if rule else None
    return data if isinstance(data, dict) else {}


def _points_to(rule: Object | None, name: str) -> str | None:
    ident = _data(rule).get(name)
    return ident if isinstance(ident, str) and ident else None


def _periods(rule: Object | None) -> list[str]:
    ids = _data(rule).get("time_period_ids")
    return [str(each) for each in ids] if isinstance(ids, list) else []


def _event(period: Object) -> object:
    data = period.get("time_period_data")
    return data.get("event") if isinstance(data, dict) else None
