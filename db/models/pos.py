"""What the tills of vendors sold and sell: a record is a row and its own link.

Of who bought only the vendor's own id is kept, and no note: a ticket's free text names guests.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.document import JsonList
from db.models.base import Amount, Base, Id, Line, Word
from db.models.link import Link


class PosTransaction(Link):
    """One ticket. Amounts are in its ``currency``, with the tax and the tip in ``total``.

    ``business_date`` is the day that it counts for in its shop; ``shop_id`` is None while its
    location is no shop of ours. A higher ``version`` is the newer one.
    """

    __tablename__ = "pos_transactions"
    __table_args__ = (
        UniqueConstraint("external_id", "source"),
        Index("ix_pos_transactions_shop_id_business_date", "shop_id", "business_date"),
        Index("ix_pos_transactions_source_modified_at", "source", "modified_at"),
    )

    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shops.id"))
    location: Mapped[Word]
    status: Mapped[str] = mapped_column(String(16))
    currency: Mapped[str] = mapped_column(String(3))
    total: Mapped[Decimal]
    tax: Mapped[Decimal]
    discount: Mapped[Decimal]
    tip: Mapped[Decimal]
    refunded: Mapped[Decimal]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    business_date: Mapped[date]
    customer_id: Mapped[Word | None]
    version: Mapped[int | None]
    modified_at: Mapped[datetime]


class PosItem(Base):
    """One line of a ticket; what went back has a negative quantity. ``price`` is one unit's before
    discount, ``tax_rate`` in percent.
    """

    __tablename__ = "pos_items"
    __table_args__ = (UniqueConstraint("transaction_id", "position"),)

    id: Mapped[Id]
    transaction_id: Mapped[int] = mapped_column(ForeignKey("pos_transactions.id"))
    position: Mapped[int]
    external_id: Mapped[Word | None]
    product_external_id: Mapped[Word | None] = mapped_column(index=True)
    sku: Mapped[str | None] = mapped_column(String(100))
    name: Mapped[Line]
    quantity: Mapped[Amount]
    price: Mapped[Decimal]
    discount: Mapped[Decimal]
    tax: Mapped[Decimal]
    tax_rate: Mapped[Amount | None]
    total: Mapped[Decimal]


class PosPayment(Base):
    """One means of payment; ``amount`` has the ``tip`` in it, and is negative when given back."""

    __tablename__ = "pos_payments"
    __table_args__ = (UniqueConstraint("transaction_id", "position"),)

    id: Mapped[Id]
    transaction_id: Mapped[int] = mapped_column(ForeignKey("pos_transactions.id"))
    position: Mapped[int]
    method: Mapped[Word]
    amount: Mapped[Decimal]
    tip: Mapped[Decimal]


class PosProduct(Link):
    """What a vendor's tills sell. ``price`` is None where the till asks for it; ``prices`` are
    those of single locations.
    """

    __tablename__ = "pos_products"
    __table_args__ = (UniqueConstraint("external_id", "source"),)

    name: Mapped[Line]
    variation: Mapped[Line]
    sku: Mapped[str | None] = mapped_column(String(100))
    gtin: Mapped[str | None] = mapped_column(String(100))
    price: Mapped[Decimal | None]
    currency: Mapped[str | None] = mapped_column(String(3))
    prices: Mapped[JsonList]
    category_id: Mapped[Word | None]
    version: Mapped[int | None]
    modified_at: Mapped[datetime | None]


class PosPromotion(Link):
    """A discount that the till applies by itself: ``percentage`` (10 is 10 %) or ``amount``, on
    the products of ``product_ids`` (none: on all), from ``valid_from`` to ``valid_until``.
    """

    __tablename__ = "pos_promotions"
    __table_args__ = (UniqueConstraint("external_id", "source"),)

    name: Mapped[Line]
    percentage: Mapped[Amount | None]
    amount: Mapped[Decimal | None]
    currency: Mapped[str | None] = mapped_column(String(3))
    product_ids: Mapped[JsonList]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    periods: Mapped[JsonList]
    version: Mapped[int | None]
