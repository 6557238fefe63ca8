"""What a ticket moves out of stock, decided from values alone.

Only what is completed moves anything, and only whole pieces: a stock is counted in these, and
0.300 kg of a cheese is no piece. Of a ticket that changed the difference moves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from db.pos.shape import COLUMNS, ITEMS
from db.records.merge import Values
from db.records.plan import Row, Says

Pieces = Mapping[tuple[str, int], int]
"""By an item's key and the id of our product: below zero they left the stock."""


class Item(NamedTuple):
    """An item as far as stock depends on it. ``key`` names it in its ticket, whatever changes."""

    key: str
    product: str | None
    sku: str | None
    quantity: Decimal


class Ticket(NamedTuple):
    """A ticket as far as stock depends on it."""

    counts: bool
    shop_id: int | None
    items: tuple[Item, ...]


def ticket(row: Row) -> Ticket:
    """The ticket that a record says."""
    return _ticket(row.values, row.lines(ITEMS.name))


def stored(says: Says) -> Ticket:
    """The ticket that the store had."""
    lines: Sequence[Says] = says[len(COLUMNS)]
    items = [dict(zip(ITEMS.columns, line, strict=True)) for line in lines]
    return _ticket(dict(zip(COLUMNS, says, strict=False)), items)


def due(
    now: Ticket, articles: Sequence[int | None], before: Ticket | None, moved: Pieces
) -> Pieces:
    """What has still to move, so that in sum each item moves what ``now`` says.

    ``articles`` are those of the items, in their order; ``before`` is None for a new ticket;
    ``moved`` is what it moved so far. A ticket that is as before moves nothing, whatever our
    articles are called by now, and an item of the same product stays with the article it moved.
    """
    if now == before:
        return {}
    wanted = Counter[tuple[str, int]]()
    staying = _staying(before, moved) if before else {}
    for item, article in zip(now.items, articles, strict=True):
        of = staying.get(item[:3], article)
        if now.counts and of is not None and is_whole(item.quantity):
            wanted[item.key, of] -= int(item.quantity)
    pairs = sorted({*wanted, *moved})
    return {pair: delta for pair in pairs if (delta := wanted[pair] - moved.get(pair, 0))}


def is_whole(quantity: Decimal) -> bool:
    """Whether it is a number of pieces."""
    return quantity == int(quantity)


def _staying(before: Ticket, moved: Pieces) -> dict[tuple[object, ...], int]:
    articles = {key: article for (key, article), pieces in moved.items() if pieces}
    return {item[:3]: articles[item.key] for item in before.items if item.key in articles}


def _ticket(values: Values, lines: Sequence[Values]) -> Ticket:
    often = Counter(line["external_id"] for line in lines)
    items = (
        Item(
            _key(position, line["external_id"], often),
            line["product_external_id"],
            line["sku"],
            line["quantity"],
        )
        for position, line in enumerate(lines, 1)
    )
    return Ticket(values["status"] == "completed", values["shop_id"], tuple(items))


def _key(position: int, own: str | None, often: Mapping[str | None, int]) -> str:
    """The vendor's id of an item; its place where it has none, or shares it with another."""
    return own if own is not None and often[own] == 1 else f"#{position}"
