"""The stock ledger: every change of a product's stock is a row, none is ever altered."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Id, Line, Moment


class StockMovement(Base):
    """One change: ``kind`` is opening, sale, refund, sync, adjustment or pos.

    A sale moves stock once a line: the database itself refuses the second time. An item of a
    vendor's till (kind pos) has moved the sum of its movements, as often as its ticket changed.
    """

    __tablename__ = "stock_movements"
    __table_args__ = (
        Index(
            "uq_stock_movements_sale",
            "sale_id",
            "line_no",
            unique=True,
            sqlite_where=text("sale_id IS NOT NULL"),
            postgresql_where=text("sale_id IS NOT NULL"),
        ),
        Index(
            "ix_stock_movements_pos_transaction_id",
            "pos_transaction_id",
            sqlite_where=text("pos_transaction_id IS NOT NULL"),
            postgresql_where=text("pos_transaction_id IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    delta: Mapped[int]
    stock_after: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    run_id: Mapped[int | None]
    sale_id: Mapped[int | None]
    line_no: Mapped[int | None]
    pos_transaction_id: Mapped[int | None]
    pos_item: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[Line | None]
    at: Mapped[Moment]
