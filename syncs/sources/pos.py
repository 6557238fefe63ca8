"""What vendors' tills sold and sell, as rows: the same for every vendor.

What a store cannot keep, or what cannot be (an amount of a billion, a currency of two letters),
refuses the record by its field, and no other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from connectors.families import Item, Payment, Price, Product, Promotion, Transaction
from core import details, fields, money, zones
from core.errors import SkippableError
from core.payload import INVALID_FIELD
from db.records.merge import Values
from db.records.plan import Row

T = TypeVar("T")
R = TypeVar("R")

_CURRENCY = re.compile("[A-Z]{3}", re.ASCII).fullmatch
_STEP = Decimal("0.00001")
_LARGEST_VERSION = 2**63


def transaction_row(transaction: Transaction) -> Row:
    """A ticket with its items and payments. Raises ``SkippableError``."""
    return Row(
        _read("id", fields.external_id, transaction.id),
        {
            "location": _read("location", fields.external_id, transaction.location),
            "status": transaction.status,
            "currency": _read("currency", _currency, transaction.currency),
            "total": _read("total", _amount, transaction.total),
            "tax": _read("tax", _amount, transaction.tax),
            "discount": _read("discount", _amount, transaction.discount),
            "tip": _read("tip", _amount, transaction.tip),
            "refunded": _read("refunded", _amount, transaction.refunded),
            "opened_at": _read("opened_at", _moment, transaction.opened_at),
            "closed_at": _maybe("closed_at", _moment, transaction.closed_at),
            "customer_id": _maybe("customer_id", fields.external_id, transaction.customer_id),
            "version": _maybe("version", _version, transaction.version),
            "modified_at": _read("modified_at", _moment, transaction.modified_at),
            "timezone": _maybe("timezone", zones.zone, transaction.timezone),
        },
        {
            "items": _each("items", _item, transaction.items),
            "payments": _each("payments", _payment, transaction.payments),
        },
    )


def product_row(product: Product) -> Row:
    """What a till sells, with its prices; gone once it is deleted. Raises ``SkippableError``."""
    return Row(
        _read("id", fields.external_id, product.id),
        {
            "name": _read("name", _label, product.name),
            "variation": _read("variation", _label, product.variation),
            "sku": _read("sku", fields.code, product.sku),
            "gtin": _read("gtin", fields.code, product.gtin),
            "price": _maybe("price", _amount, product.price),
            "currency": _maybe("currency", _currency, product.currency),
            "prices": details.encode(_each("prices", _price, product.prices)),
            "category_id": _maybe("category_id", fields.external_id, product.category_id),
            "version": _maybe("version", _version, product.version),
            "modified_at": _maybe("modified_at", _moment, product.modified_at),
        },
        gone=product.deleted,
    )


def promotion_row(promotion: Promotion) -> Row:
    """A discount that the till applies by itself. Raises ``SkippableError``."""
    return Row(
        _read("id", fields.external_id, promotion.id),
        {
            "name": _read("name", _label, promotion.name),
            "percentage": _maybe("percentage", _quantity, promotion.percentage),
            "amount": _maybe("amount", _amount, promotion.amount),
            "currency": _maybe("currency", _currency, promotion.currency),
            "product_ids": details.encode(list(promotion.product_ids)),
            "valid_from": promotion.valid_from,
            "valid_until": promotion.valid_until,
            "periods": details.encode(list(promotion.periods)),
            "version": _maybe("version", _version, promotion.version),
        },
    )


def _item(item: Item) -> Values:
    return {
        "external_id": _maybe("id", fields.external_id, item.id or None),
        "product_external_id": _maybe("product_id", fields.external_id, item.product_id),
        "sku": _read("sku", fields.code, item.sku),
        "name": _read("name", _label, item.name),
        "quantity": _read("quantity", _quantity, item.quantity),
        "price": _read("price", _amount, item.price),
        "discount": _read("discount", _amount, item.discount),
        "tax": _read("tax", _amount, item.tax),
        "tax_rate": _maybe("tax_rate", _quantity, item.tax_rate),
        "total": _read("total", _amount, item.total),
    }


def _payment(payment: Payment) -> Values:
    return {
        "method": _read("method", fields.external_id, payment.method),
        "amount": _read("amount", _amount, payment.amount),
        "tip": _read("tip", _amount, payment.tip),
    }


def _price(price: Price) -> Values:
    return {
        "location": price.location,
        "price": str(_read("price", _amount, price.price)),
        "currency": _read("currency", _currency, price.currency),
    }


def _each(name: str, read: Callable[[T], Values], values: Sequence[T]) -> list[Values]:
    """The lines under ``name``; ``SkippableError`` names the line and its field."""
    lines: list[Values] = []
    for place, value in enumerate(values):
        try:
            lines.append(read(value))
        except SkippableError as error:
            field = f"{name}.{place}.{error.field}"
            raise SkippableError(f"{name}.{place}.{error}", field=field, code=error.code) from error
    return lines


def _read(field: str, read: Callable[[T], R], value: T) -> R:
    """``value`` as it is kept; ``SkippableError`` names the field."""
    try:
        return read(value)
    except (ValueError, TypeError, OverflowError) as error:
        raise SkippableError(f"{field}: {error}.", field=field, code=INVALID_FIELD) from error


def _maybe(field: str, read: Callable[[T], R], value: T | None) -> R | None:
    return None if value is None else _read(field, read, value)


def _currency(value: str) -> str:
    if not _CURRENCY(value):
        raise ValueError("is no currency; three letters, as EUR")
    return value


def _moment(value: datetime) -> datetime:
    """To the millisecond: what a store cannot keep would look like a change."""
    if value.tzinfo is None:
        raise ValueError("has no time zone")
    return value.astimezone(UTC).replace(microsecond=value.microsecond // 1000 * 1000)


# A day has far fewer prices and quantities than lines.
_amount = lru_cache(maxsize=4096)(money.signed)


@lru_cache(maxsize=4096)
def _quantity(value: Decimal) -> Decimal:
    """Five decimals at most, from -10^9 to 10^9."""
    if not (value.is_finite() and abs(value) <= fields.LARGEST_QUANTITY):
        raise ValueError(f"is beyond {fields.LARGEST_QUANTITY}; check the unit")
    exact = value.quantize(_STEP)
    if exact != value:
        raise ValueError("has more than 5 decimals")
    return exact


def _version(value: int) -> int:
    if not 0 <= value < _LARGEST_VERSION:
        raise ValueError("is no version")
    return value


def _label(value: str) -> str:
    """A name, which may be none; what is too long is cut, for the sale is worth more."""
    return fields.text(value[: fields.LONGEST_TEXT]) if value.strip() else ""
