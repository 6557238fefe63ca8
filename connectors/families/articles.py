"""What a till sells: locations, products, prices, promotions.

Amounts are in units of their currency (euros, not cents), instants are aware and in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Location:
    """A place that sells. ``timezone`` is an IANA name; a business day is a day there."""

    id: str
    name: str
    timezone: str
    currency: str
    active: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Price:
    """What one unit costs: everywhere, or at one ``location`` instead of everywhere.

    To push one, name the product by ``external_id``, the vendor's own, or by ``sku``.
    """

    price: Decimal
    currency: str
    sku: str | None = None
    external_id: str | None = None
    location: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Product:
    """What can be put on a ticket: at Square a variation, such as a glass or a bottle.

    ``price`` is None where it is asked for at the till. ``prices`` are those of single locations.
    To push one, leave ``id`` empty for what the vendor may not have yet: its ``sku`` decides. What
    is None or empty stays as it is there.
    """

    name: str
    price: Decimal | None
    currency: str | None
    id: str = ""
    sku: str | None = None
    gtin: str | None = None
    variation: str = ""
    category_id: str | None = None
    prices: tuple[Price, ...] = ()
    deleted: bool = False
    version: int | None = None
    modified_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Promotion:
    """A discount that the till applies by itself: ``percentage`` (10 is 10 %) or ``amount``.

    ``product_ids`` empty: on everything. ``valid_from`` and ``valid_until`` are days, both of them
    included; None: without that end. ``periods`` are the events of iCalendar in which it is on;
    none: always. To push a new one, leave ``id`` empty.
    """

    name: str
    percentage: Decimal | None = None
    amount: Decimal | None = None
    currency: str | None = None
    product_ids: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None
    periods: tuple[str, ...] = ()
    id: str = ""
    version: int | None = None
