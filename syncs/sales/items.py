"""The sales of a batch as they are read: each element of the till's array on its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from core.canonical import canonical
from core.errors import SkippableError
from db.tills.sales import Sender
from syncs.sales import payload
from syncs.sales.payload import TillSale


@dataclass(frozen=True, slots=True)
class Item:
    """One element of the till's array: ``position`` from 1, ``sale`` None when it is malformed.

    ``number`` is as it was sent, or the one that we gave; ``key`` is its canonical form, empty
    without one. ``under``: the number that a person sells it under where its own is another sale's.
    """

    position: int
    number: str | None
    key: str
    raw: object
    sale: TillSale | None
    content: str = ""
    sold_at: datetime | None = None
    trouble: SkippableError | None = None
    under: str | None = None


def read(raws: Iterable[object], sender: Sender, stamp: str | None) -> list[Item]:
    """The till's array, each element on its own. ``stamp`` is the batch's second (DESIGN §7)."""
    return [
        read_one(raw, position, sender.shop_id, ZoneInfo(sender.timezone), stamp)
        for position, raw in enumerate(raws, 1)
    ]


def read_one(raw: object, position: int, shop_id: int, zone: ZoneInfo, stamp: str | None) -> Item:
    """One element; a sale without a number gets the one that was fixed at its reception."""
    try:
        sale = payload.read(raw, zone)
    except SkippableError as error:
        known = payload.number_of(raw)
        return Item(position, known, canonical(known or ""), raw, None, trouble=error)
    number = sale.number or f"VENTE-{shop_id}-{stamp}-{position - 1}"
    content, sold_at = sale.content_hash(), sale.moment(zone)
    return Item(position, number, canonical(number), raw, sale, content, sold_at)
