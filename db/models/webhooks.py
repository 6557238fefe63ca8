"""What vendors announced: events, each stored once and then processed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Moment, Word
from db.models.sealed import Sealed
from db.models.work import UNENDED, LeasedWork

MOST_ID = 128
"""Characters of an event's id."""


class WebhookEvent(LeasedWork, Base):
    """One event of a connector, whose ``body`` is what the vendor signed.

    ``status``: due, running; done, failed. ``subject`` is what it is about, as
    ``transactions/ORD1`` or ``products``; None: nothing of ours.
    """

    __tablename__ = "webhook_events"
    __table_args__ = (
        UniqueConstraint("connector", "event_id"),
        Index("ix_webhook_events_connector_id", "connector", "id"),
        Index("ix_webhook_events_connector_subject", "connector", "subject"),
        Index("ix_webhook_events_unended", "id", sqlite_where=UNENDED, postgresql_where=UNENDED),
    )

    connector: Mapped[str] = mapped_column(String(32))
    event_id: Mapped[str] = mapped_column(String(MOST_ID))
    kind: Mapped[Word]
    subject: Mapped[str | None] = mapped_column(String(255))
    body: Mapped[Sealed]
    received_at: Mapped[Moment]
    done_at: Mapped[datetime | None]

    @property
    def state(self) -> str:
        """``status``, as operators see it."""
        return self.status
