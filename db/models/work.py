"""Columns of claimed work: rows of which each is done by one worker at a time, until it is done."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, NamedTuple

from sqlalchemy import String, TextClause, text
from sqlalchemy.orm import Mapped, mapped_column

from core.document import JsonList
from db.models.base import Id


class Active(NamedTuple):
    """What a table calls work that has to be done, and work that somebody is doing."""

    due: str = "due"
    running: str = "running"


ACTIVE = Active()
"""The usual words."""


def unended(column: str = "status", active: Active = ACTIVE) -> TextClause:
    """Work that has not ended, for a partial index: in literals, for with parameters no database
    would use it.
    """
    return text(f"{column} IN ('{active.due}', '{active.running}')")


UNENDED = unended()


class Leased:
    """A row that one worker holds until ``lease_until``.

    ``lease_token`` grows with every claim and fences: whoever holds an older one writes nothing.
    """

    __tablename__: str

    lease_until: Mapped[datetime | None]
    lease_token: Mapped[int] = mapped_column(default=0)


class Work:
    """A row that has to be done: ``due`` (not before ``not_before``), ``running``, then ended.

    ``failures`` counts consecutive claims that came to nothing, ``errors`` keeps each attempt's.
    ``rung_at`` is when its task was last enqueued.
    """

    active: ClassVar[Active] = ACTIVE

    id: Mapped[Id]
    status: Mapped[str] = mapped_column(String(16), default="due")
    correlation_id: Mapped[str | None] = mapped_column(String(64))
    task_id: Mapped[str | None] = mapped_column(String(64))
    not_before: Mapped[datetime | None]
    rung_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    errors: Mapped[JsonList] = mapped_column(default=list)


class LeasedWork(Work, Leased):
    """Work whose lease lies in its own row; a run's lies in its sync's."""
