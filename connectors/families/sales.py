"""What a till sold: transactions with their items and payments, the same from every vendor.

Amounts are in units of the transaction's currency (euros, not cents), instants are aware and in
UTC. What went back has a negative sign: a return's total, its items' quantities, its payments.
What has a default many vendors do not have.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

NOTHING = Decimal(0)
Status = Literal["open", "completed", "canceled"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One line.

    ``price`` is one unit's before discount, as the guest saw it: with tax where the till's prices
    have it. ``discount``, ``tax`` and ``total`` are the line's; they are negative, like
    ``quantity``, where the line was returned. ``tax_rate`` is in percent (10 is 10 %), the sum of
    all taxes; None when the vendor does not say. ``quantity`` has five decimals at most.
    """

    id: str
    product_id: str | None = None
    sku: str | None = None
    name: str
    quantity: Decimal
    price: Decimal
    discount: Decimal = NOTHING
    tax: Decimal
    tax_rate: Decimal | None = None
    total: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Payment:
    """One means of payment: ``method`` is the vendor's word in lower case (``card``, ``cash``).
    ``amount`` has the ``tip`` in it, and is negative where money was given back.
    """

    id: str
    method: str
    amount: Decimal
    tip: Decimal = NOTHING


@dataclass(frozen=True, kw_only=True, slots=True)
class Transaction:
    """One ticket, net of what it takes back.

    ``total`` has the tax and the tip in it. ``refunded`` is what the ticket gave back, positive.
    ``status`` is ``open`` also for a state that we do not know; ``raw_status`` is the vendor's.
    ``closed_at`` is None while it is open. ``timezone`` is the location's, an IANA name; None where
    the vendor does not say it with the ticket. A higher ``version`` is the newer one; None where
    the vendor has none.
    """

    id: str
    status: Status
    raw_status: str = ""
    location: str
    currency: str
    total: Decimal
    tax: Decimal
    discount: Decimal = NOTHING
    tip: Decimal = NOTHING
    refunded: Decimal = NOTHING
    opened_at: datetime
    closed_at: datetime | None
    modified_at: datetime
    customer_id: str | None = None
    version: int | None = None
    items: tuple[Item, ...]
    payments: tuple[Payment, ...] = ()
    timezone: str | None = None
