"""The stock ledger: every change of a product's stock is a row, none is ever altered."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Id, Line, Moment


class StockMovement(Base):
    """One change: ``kind`` is opening, sale, refund, sync or adjustment."""

    __tablename__ = "stock_movements"

    id: Mapped[Id]
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    delta: Mapped[int]
    stock_after: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    run_id: Mapped[int | None]
    reason: Mapped[Line | None]
    at: Mapped[Moment]
