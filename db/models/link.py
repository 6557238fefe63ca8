"""The link between a record of a source and the row that keeps it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Id, Word


class Link(Base):
    """A record of a source that we know, and how fresh what we know is.

    ``seen_run`` is the last run that met the record; ``gone_at`` is set when the source no
    longer has it (a tombstone). ``payload_hash`` is over the payload as it came, the code's
    version and what else its reading depends on: a record that comes again to the letter need
    not even be read. It is None when the next run must write the record anyway.
    """

    __abstract__ = True

    id: Mapped[Id]
    external_id: Mapped[Word]
    source: Mapped[str] = mapped_column(String(32))
    payload_hash: Mapped[str | None] = mapped_column(String(64))
    sync_status: Mapped[str] = mapped_column(String(16), default="synced")
    last_synced_at: Mapped[datetime | None]
    seen_run: Mapped[int | None]
    gone_at: Mapped[datetime | None]
    error: Mapped[str | None]
