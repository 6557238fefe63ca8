"""Tills, the batches they send, and the sales that came of them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Id, Line, Moment, Word
from db.models.sealed import Sealed
from db.models.work import UNENDED, LeasedWork

COMPARED = "coalesce(compared_number, invoice_number)"
"""By what two sales of a shop have one number. Not a column that is always filled: the code before
it goes on writing sales while the store is migrated, and few numbers need another form.
"""


class Terminal(Base):
    """A till: known by its serial, and above level 0 by a secret of its own.

    ``level``: 0 the serial alone, 1 a token of which only the hash is kept, 2 a signature, for
    which ``signing_key`` (the token) is sealed. ``clock_offset`` is in seconds, positive when the
    till's clock is ahead. ``duplicates``: ``answer`` or ``errors_only`` (DESIGN §7).
    ``replaces_id`` is the terminal whose place it took, and whose numbers are its own.
    """

    __tablename__ = "terminals"
    __table_args__ = (Index("uq_terminals_replaces_id", "replaces_id", unique=True),)

    id: Mapped[Id]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), index=True)
    serial: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[Line]
    active: Mapped[bool] = mapped_column(default=True)
    level: Mapped[int] = mapped_column(default=0)
    token_hash: Mapped[str | None] = mapped_column(String(64))
    signing_key: Mapped[Sealed | None]
    duplicates: Mapped[str] = mapped_column(String(16), default="answer")
    last_seen_at: Mapped[datetime | None]
    clock_offset: Mapped[int | None]
    replaces_id: Mapped[int | None]
    created_at: Mapped[Moment]


class DeviceNonce(Base):
    """A signature that was used, until its timestamp is too old to be used anyway."""

    __tablename__ = "device_nonces"
    __table_args__ = (UniqueConstraint("digest", "terminal_id"),)

    id: Mapped[Id]
    terminal_id: Mapped[int] = mapped_column(ForeignKey("terminals.id"))
    digest: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(index=True)


class SalesBatch(LeasedWork, Base):
    """What a till sent in one request, from the moment it was stored.

    ``status``: due, running, done, failed. ``body`` is sealed, ``result`` is the response's bytes.
    ``number_stamp`` is the (shop's local) second of which this batch's unnumbered sales take
    their numbers; nobody else in the shop has it.
    """

    __tablename__ = "sales_batches"
    __table_args__ = (
        Index(
            "uq_sales_batches_idempotency_key",
            "idempotency_key",
            "terminal_id",
            unique=True,
            sqlite_where=text("idempotency_key IS NOT NULL"),
            postgresql_where=text("idempotency_key IS NOT NULL"),
        ),
        Index(
            "uq_sales_batches_number_stamp",
            "number_stamp",
            "shop_id",
            unique=True,
            sqlite_where=text("number_stamp IS NOT NULL"),
            postgresql_where=text("number_stamp IS NOT NULL"),
        ),
        Index(
            "ix_sales_batches_unfinished",
            "id",
            sqlite_where=UNENDED,
            postgresql_where=UNENDED,
        ),
    )

    uuid: Mapped[str] = mapped_column(String(36), unique=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    terminal_id: Mapped[int] = mapped_column(ForeignKey("terminals.id"))
    idempotency_key: Mapped[str | None] = mapped_column(String(255))
    body_hash: Mapped[str] = mapped_column(String(64))
    body: Mapped[Sealed]
    count: Mapped[int]
    number_stamp: Mapped[str | None] = mapped_column(String(14))
    received_at: Mapped[Moment]
    done_at: Mapped[datetime | None]
    accepted: Mapped[int | None]
    refused: Mapped[int | None]
    result: Mapped[str | None]


class Sale(Base):
    """A sale that was accepted; its number is the shop's own, once and for ever.

    ``invoice_number`` is as it was sent. ``compared_number`` is its canonical form where that is
    another, and ``sent_number`` the till's own, in its canonical form, where a person sold it under
    another. ``total`` is the lines' subtotals less ``discount``, which has the sign of their sum,
    in the shop's currency. ``sold_at`` is the till's own time of it, never after ``received_at``.
    ``content_hash`` distinguishes the same sale sent again from another one under its number.
    ``client`` is sealed. ``oversold``: it took a stock below zero, as the shop's policy ``allow``
    lets it.
    """

    __tablename__ = "sales"
    __table_args__ = (
        # In this order, as links are (DESIGN §2): the shop alone matches too many rows.
        UniqueConstraint("invoice_number", "shop_id"),
        Index("uq_sales_compared_number", text(COMPARED), "shop_id", unique=True),
        Index(
            "ix_sales_sent_number",
            "sent_number",
            "shop_id",
            sqlite_where=text("sent_number IS NOT NULL"),
            postgresql_where=text("sent_number IS NOT NULL"),
        ),
        Index("ix_sales_shop_id_sold_at", "shop_id", "sold_at"),
    )

    id: Mapped[Id]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    batch_id: Mapped[int] = mapped_column(ForeignKey("sales_batches.id"))
    terminal_id: Mapped[int] = mapped_column(ForeignKey("terminals.id"))
    invoice_number: Mapped[Word]
    compared_number: Mapped[str | None]
    sent_number: Mapped[str | None]
    payment_method: Mapped[str] = mapped_column(String(16))
    paid: Mapped[bool]
    total: Mapped[Decimal]
    discount: Mapped[Decimal | None]
    sold_at: Mapped[datetime]
    received_at: Mapped[datetime]
    content_hash: Mapped[str] = mapped_column(String(64))
    client: Mapped[Sealed | None]
    oversold: Mapped[bool] = mapped_column(default=False)


class SaleLine(Base):
    """One article of a sale; a negative ``quantity`` is a refund.

    ``title`` is the article's name as it was sold, ``list_price`` what it cost in the list then.
    """

    __tablename__ = "sale_lines"
    __table_args__ = (
        UniqueConstraint("sale_id", "line_no"),
        CheckConstraint("quantity <> 0", name="quantity_not_zero"),
        # Also what keeps PostgreSQL's NaN out: NaN is greater than every number there.
        CheckConstraint("unit_price >= 0", name="unit_price_not_negative"),
        CheckConstraint("unit_price <= 10000000000000", name="unit_price_finite"),
    )

    id: Mapped[Id]
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id"))
    line_no: Mapped[int]
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    title: Mapped[Line]
    quantity: Mapped[int]
    unit_price: Mapped[Decimal]
    list_price: Mapped[Decimal]
    subtotal: Mapped[Decimal]
