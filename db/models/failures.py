"""What went wrong and is kept until a person has dealt with it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.document import Json, JsonList
from db.models.base import Base, Id, Moment, Word
from db.models.sealed import Sealed


class Reject(Base):
    """A record that was refused, with its payload, sealed.

    ``identity`` is the external id, or ``#`` and a digest of the payload when it has none;
    at most one reject a (sync, identity, code) is open. ``state``: open, replayed, discarded.
    A refused sale has ``sync`` "sales", its batch, and its place in it (from 1).
    """

    __tablename__ = "rejects"
    __table_args__ = (
        Index(
            "uq_rejects_open",
            "sync",
            "identity",
            "code",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[Id]
    sync: Mapped[Word]
    run_id: Mapped[int | None]
    batch_id: Mapped[int | None]
    batch_position: Mapped[int | None]
    identity: Mapped[str] = mapped_column(String(128))
    external_id: Mapped[str | None] = mapped_column(String(64))
    code: Mapped[Word]
    field: Mapped[str] = mapped_column(String(200))
    message: Mapped[str]
    payload: Mapped[Sealed]
    state: Mapped[str] = mapped_column(String(16), default="open")
    reason: Mapped[str | None]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]


class FailedTask(Base):
    """A task that finally failed, with its exact arguments and every attempt's error.

    ``state``: open, retried, dismissed. ``fingerprint`` groups failures of one cause.
    """

    __tablename__ = "failed_tasks"
    __table_args__ = (
        Index("ix_failed_tasks_state_fingerprint", "state", "fingerprint"),
        Index("ix_failed_tasks_state_task", "state", "task"),
    )

    id: Mapped[Id]
    task: Mapped[str] = mapped_column(String(128))
    task_id: Mapped[str | None] = mapped_column(String(64))
    args: Mapped[JsonList]
    kwargs: Mapped[Json]
    queue: Mapped[str] = mapped_column(String(32))
    run_id: Mapped[int | None]
    attempts: Mapped[JsonList]
    fingerprint: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16), default="open")
    retried_as: Mapped[str | None] = mapped_column(String(64))
    who: Mapped[str | None] = mapped_column(String(100))
    why: Mapped[str | None]
    failed_at: Mapped[Moment]
    closed_at: Mapped[datetime | None]
