"""Commands to vendors: each is a row before it is a call."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.document import JsonList
from db.models.base import Base, Moment
from db.models.sealed import Sealed
from db.models.work import Active, LeasedWork, unended

CommandState = Literal[
    "approval", "waiting", "sending", "done", "failed", "unknown", "canceled"
]  # fmt: skip
WORDS = Active(due="waiting", running="sending")
UNENDED = unended("state", WORDS)


class OutboxCommand(LeasedWork, Base):
    """A write to a vendor: ``approval`` (waits for a person), ``waiting``, ``sending``; then
    ``done``, ``failed``, ``canceled``, or ``unknown`` until a person says what came of it.

    ``key`` is our idempotency key, ``attempts`` how often it was taken up. ``sent_at`` is when it
    was first sent without a known outcome: None as long as it surely was not carried out.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_unended", "id", sqlite_where=UNENDED, postgresql_where=UNENDED),
        Index("ix_outbox_state_id", "state", "id"),
    )

    active: ClassVar[Active] = WORDS

    connector: Mapped[str] = mapped_column(String(32))
    verb: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(255), unique=True)
    payload: Mapped[Sealed]
    status: Mapped[str] = mapped_column("state", String(16), default=WORDS.due)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_token: Mapped[int] = mapped_column("token", default=0)
    external_id: Mapped[str | None] = mapped_column(String(200))
    answer: Mapped[Sealed | None]
    results: Mapped[JsonList] = mapped_column(default=list)
    error: Mapped[str | None]
    created_at: Mapped[Moment]
    sent_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]

    @property
    def state(self) -> str:
        """``status``, as its column is called."""
        return self.status


class OutboxObject(Base):
    """What a command that has not ended is about: those of one ``object``, a mark, go in order."""

    __tablename__ = "outbox_objects"
    __table_args__ = (Index("ix_outbox_objects_object_outbox_id", "object", "outbox_id"),)

    outbox_id: Mapped[int] = mapped_column(
        ForeignKey("outbox.id", ondelete="CASCADE"), primary_key=True
    )
    object: Mapped[str] = mapped_column(String(100), primary_key=True)
