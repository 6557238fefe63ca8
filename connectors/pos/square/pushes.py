"""Writes of several items: the edits that they need, and a result for each of them."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.families import Price, Product, Promotion, Result
from connectors.pos.square import edits, targets
from connectors.pos.square.found import Objects
from connectors.pos.square.promotion import of_promotion
from connectors.pos.square.search import Ask
from connectors.pos.square.targets import Target
from connectors.pos.square.upsert import Edit, Upsert, Written

Planned = tuple[Edit, Sequence[int]]
"""An edit, and the places of the items that it is for."""


def prices(ask: Ask, changes: Sequence[Price], *, key: str) -> list[Result]:
    """Set each price; those of one variation together."""
    catalogue = Objects(ask)
    found = targets.of_prices(catalogue, changes)
    planned: list[Planned] = [
        (edits.of_prices(ident, [changes[place] for place in places]), places)
        for ident, places in _groups(found, [target.id for target in found]).items()
    ]
    return _carried_out(Upsert(ask, catalogue, key=key), planned, found)


def products(ask: Ask, given: Sequence[Product], *, key: str) -> list[Result]:
    """Create or change each product; those of one item together."""
    catalogue = Objects(ask)
    found = targets.of_products(catalogue, given)
    planned: list[Planned] = [
        (edits.of_new(given[place]), [place]) for place, it in enumerate(found) if it.is_new
    ]
    for item, places in _groups(found, [target.item for target in found]).items():
        by_id = {found[place].id: given[place] for place in places}
        planned.append((edits.of_item(item, by_id), places))
    return _carried_out(Upsert(ask, catalogue, key=key), planned, found)


def promotion(ask: Ask, given: Promotion, *, key: str) -> Result:
    """Create a promotion, or change the one with its id."""
    catalogue = Objects(ask)
    target, rule = targets.of_promotion(catalogue, given)
    planned: list[Planned] = [] if target.error else [(of_promotion(given, rule), [0])]
    (result,) = _carried_out(Upsert(ask, catalogue, key=key), planned, [target])
    return result


def _groups(found: Sequence[Target], idents: Sequence[str]) -> dict[str, list[int]]:
    """The places of the items that change something, by the id of what they change."""
    groups: dict[str, list[int]] = {}
    for place, (target, ident) in enumerate(zip(found, idents, strict=True)):
        if ident and target.error is None:
            groups.setdefault(ident, []).append(place)
    return groups


def _carried_out(
    upsert: Upsert, planned: Sequence[Planned], found: Sequence[Target]
) -> list[Result]:
    written = upsert.write([edit for edit, _ in planned])
    by_place = {
        place: each for (_, places), each in zip(planned, written, strict=True) for place in places
    }
    return [_result(target, by_place.get(place)) for place, target in enumerate(found)]


def _result(target: Target, written: Written | None) -> Result:
    if written is None:
        return Result(key=target.key, outcome="failed", error=target.error)
    return Result(
        key=target.key,
        outcome=written.outcome,
        external_id=target.id or written.external_id,
        error=written.error,
    )
