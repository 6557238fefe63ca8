"""Catalogue records as BoliBanaStock sends them; every other field is kept as received."""

from __future__ import annotations

from typing import Annotated

from pydantic import PlainValidator

from core.fields import Code, ExternalId, Quantity, Text, quantity
from core.money import Money
from core.payload import Payload


def _stock(value: object) -> int:
    return 0 if value is None else quantity(value)


Stock = Annotated[Quantity, PlainValidator(_stock, json_schema_input_type=int | float | str | None)]


class CategoryPayload(Payload):
    """A category; without ``parent_id`` it is at the root."""

    id: ExternalId
    name: Text
    parent_id: ExternalId | None = None


class ProductPayload(Payload):
    """A product: price in the shop's currency, stock in pieces (absent: none)."""

    id: ExternalId
    name: Text
    price: Money
    stock: Stock = 0
    sku: Code = None
    barcode: Code = None
    category_id: ExternalId | None = None
    site_id: ExternalId | None = None
