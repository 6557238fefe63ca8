"""Catalogue records as BoliBanaStock sends them; every other field is kept as received.

Fields may be absent: what that means for a record that is known, and which ones a new one needs,
its sync declares (``syncs.fields``).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import PlainValidator

from core.fields import Code, ExternalId, Name, Reference, is_nothing, quantity
from core.money import amount
from core.payload import Payload

T = TypeVar("T")


def _known(read: Callable[[object], T]) -> Callable[[object], T | None]:
    """``read`` for a value that may be unknown, which few of them are."""

    def known(value: object) -> T | None:
        try:
            return read(value)
        except ValueError:
            if is_nothing(value):
                return None
            raise

    return known


Price = Annotated[Decimal | None, PlainValidator(_known(amount))]
Stock = Annotated[int | None, PlainValidator(_known(quantity))]


class CategoryPayload(Payload):
    """A category; its parent is None at the root."""

    id: ExternalId
    name: Name | None = None
    parent_id: Reference = None


class ProductPayload(Payload):
    """A product: price in the shop's currency, stock in pieces; of both None is unknown."""

    id: ExternalId
    name: Name | None = None
    price: Price = None
    stock: Stock = None
    sku: Code = None
    barcode: Code = None
    category_id: Reference = None
    site_id: Reference = None
