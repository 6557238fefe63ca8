"""What was asked of vendors."""

from __future__ import annotations

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Id, Line, Moment


class APICall(Base):
    """One call to a vendor, its repetitions included; nothing of its query and bodies.

    ``status`` is the last response's, None when none came, ``error`` the code of the error in the
    end; ``ms`` and ``at`` count from the first try.
    """

    __tablename__ = "api_calls"
    __table_args__ = (Index("ix_api_calls_connector_id", "connector", "id"),)

    id: Mapped[Id]
    connector: Mapped[str] = mapped_column(String(32))
    verb: Mapped[str] = mapped_column(String(8))
    path: Mapped[Line]
    status: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String(64))
    ms: Mapped[int]
    tries: Mapped[int]
    correlation_id: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[Moment] = mapped_column(index=True)
