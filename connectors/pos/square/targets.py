"""Which of Square's objects each item of a push names, or why it is not written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from connectors import currencies
from connectors.families import Price, Product, Promotion
from connectors.pos.square.edits import prices_of
from connectors.pos.square.found import Object, Objects


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """``key`` is how the item names it. ``id`` is empty for what there is to be created, ``item``
    is the item of a variation that exists, and ``error`` says why nothing is written.
    """

    key: str
    id: str = ""
    item: str = ""
    error: str | None = None

    @property
    def is_new(self) -> bool:
        """Whether it is to be created."""
        return not self.id and self.error is None


def of_prices(catalogue: Objects, changes: Sequence[Price]) -> list[Target]:
    """The variations of ``changes``, which exist."""
    found = _named(catalogue, [(each.external_id, each.sku) for each in changes])
    return [
        replace(target, error=f"there is no SKU {target.key} in the catalogue")
        if target.is_new
        else _sound(target, [change])
        for target, change in zip(found, changes, strict=True)
    ]


def of_products(catalogue: Objects, products: Sequence[Product]) -> list[Target]:
    """The variations of ``products``: those that exist with their items, others once a SKU."""
    found = _named(catalogue, [(each.id, each.sku) for each in products])
    known = catalogue.by_id(target.id for target in found if target.id)
    seen: set[str] = set()
    targets = []
    for named, product in zip(found, products, strict=True):
        target = _sound(_within(known, named), prices_of(product))
        if target.is_new and target.key.lower() in seen:
            target = replace(target, error=f"the SKU {target.key} is given twice")
        seen.add(target.key.lower())
        targets.append(target)
    return targets


def of_promotion(catalogue: Objects, promotion: Promotion) -> tuple[Target, Object | None]:
    """The rule of ``promotion``, and the same as it is there."""
    ident = promotion.id
    rule = catalogue.by_id([ident]).get(ident) if ident else None
    wrong = _gone(ident) if ident and rule is None else _wrong_promotion(promotion)
    return Target(key=ident or promotion.name, id=ident, error=wrong), rule


def _named(catalogue: Objects, names: Sequence[tuple[str | None, str | None]]) -> list[Target]:
    """Each by its id or, without one, by its SKU."""
    known = catalogue.by_sku(sku for ident, sku in names if sku and not ident)
    return [_target(ident or "", sku or "", known) for ident, sku in names]


def _target(ident: str, sku: str, known: Mapping[str, Sequence[str]]) -> Target:
    if ident:
        return Target(key=ident, id=ident)
    if not sku:
        return Target(key="", error="needs an id or a SKU to be known by")
    ids = known.get(sku.lower(), ())
    if len(ids) > 1:
        return Target(key=sku, error=f"{len(ids)} products have the SKU {sku}; name one by its id")
    return Target(key=sku, id=ids[0] if ids else "")


def _within(known: Mapping[str, Object], target: Target) -> Target:
    """``target`` with its item."""
    if not target.id:
        return target
    data = known.get(target.id, {}).get("item_variation_data")
    item = data.get("item_id") if isinstance(data, dict) else None
    if not isinstance(item, str):
        return replace(target, error=_gone(target.id))
    return replace(target, item=item)


def _gone(ident: str) -> str:
    return f"there is no {ident} in the catalogue"


def _sound(target: Target, given: Iterable[Price]) -> Target:
    """``target``, with what is wrong with its prices."""
    problems = filter(None, (_wrong(each) for each in given))
    return replace(target, error=target.error or next(problems, None))


def _wrong(price: Price) -> str | None:
    if not price.currency:
        return "a price needs a currency"
    try:
        amount = currencies.minor(price.price, price.currency)
    except ValueError as error:
        return str(error)
    return "a price cannot be below zero" if amount < 0 else None


def _wrong_promotion(promotion: Promotion) -> str | None:
    if (promotion.percentage is None) == (promotion.amount is None):
        return "a promotion has a percentage or an amount"
    if promotion.amount is None:
        return None
    return _wrong(Price(price=promotion.amount, currency=promotion.currency or ""))
