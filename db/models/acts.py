"""Acts on many rows at once, which a worker carries out in slices."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.document import Json, JsonList
from db.models.base import Base, Moment, Word
from db.models.work import UNENDED, LeasedWork


class BulkAct(LeasedWork, Base):
    """One act on every open row that matches a filter, from the moment it was asked for.

    ``status``: due, running; done, stopped, failed. Rows up to the id ``up_to`` were there when it
    was asked for, those up to ``after`` have been looked at; a canary has chosen its ``ids``.
    ``matching`` = ``done`` + ``refused`` + ``skipped`` (closed by somebody else) + ``left``.
    """

    __tablename__ = "bulk_acts"
    __table_args__ = (
        Index("ix_bulk_acts_unended", "id", sqlite_where=UNENDED, postgresql_where=UNENDED),
    )

    kind: Mapped[Word]
    filter: Mapped[Json]
    who: Mapped[str] = mapped_column(String(100))
    why: Mapped[str | None]
    canary: Mapped[int | None]
    ids: Mapped[JsonList | None]
    up_to: Mapped[int]
    after: Mapped[int] = mapped_column(default=0)
    matching: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    left: Mapped[int]
    reopened: Mapped[JsonList] = mapped_column(default=list)
    refusals: Mapped[JsonList] = mapped_column(default=list)
    stop_requested: Mapped[bool] = mapped_column(default=False)
    asked_at: Mapped[Moment]
    ended_at: Mapped[datetime | None]
