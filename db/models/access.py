"""Keys we hold, people who may act, and what they did."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.document import Json
from db.models.base import Base, Id, Moment
from db.models.sealed import Sealed


class APIKey(Base):
    """A key to the B2B source, sealed; the database allows one active key."""

    __tablename__ = "api_keys"
    __table_args__ = (
        Index(
            "uq_api_keys_active",
            "is_active",
            unique=True,
            sqlite_where=text("is_active"),
            postgresql_where=text("is_active"),
        ),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(100), unique=True)
    sealed: Mapped[Sealed]
    is_active: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Moment]
    last_used_at: Mapped[datetime | None]


class Operator(Base):
    """A person or program that may look (viewer), act (operator) or manage (admin)."""

    __tablename__ = "operators"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(100), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Moment]
    last_used_at: Mapped[datetime | None]


class AuditEvent(Base):
    """Who did what to which thing, and why."""

    __tablename__ = "audit_events"

    id: Mapped[Id]
    who: Mapped[str] = mapped_column(String(100))
    what: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(200))
    why: Mapped[str | None]
    details: Mapped[Json | None]
    correlation_id: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[Moment]
