"""Syncs in time: one state a sync, one row a run, one row a scheduled slot."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.document import Json, JsonList
from db.models.base import Base, Id, Moment, Word
from db.models.work import UNENDED, Leased, Work


class SyncState(Leased, Base):
    """One row a sync: its lease, its freshness, whether it may start.

    ``next_allowed_at`` is our own backoff, ``source_wait_until`` the source's Retry-After.
    ``follow_up`` holds the options of one more run that was requested while one was running.
    ``fields`` are those that complete walks have met, by their columns; None before the first.
    ``last_whole_at`` is when the last run began that asked for everything and ended.
    """

    __tablename__ = "sync_states"

    sync: Mapped[str] = mapped_column(String(64), primary_key=True)
    last_attempt_at: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    next_allowed_at: Mapped[datetime | None]
    source_wait_until: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(128))
    paused: Mapped[bool] = mapped_column(default=False)
    follow_up: Mapped[Json | None]
    bookmark: Mapped[Json | None]
    last_whole_at: Mapped[datetime | None]
    fields: Mapped[list[str] | None]


class SyncRun(Work, Base):
    """One execution of a sync, from the moment it is due; at most one a sync is unended.

    ``status``: due, running; succeeded, partial, failed, cancelled, needs_approval, superseded.
    ``failures`` counts consecutive claims that wrote no page.
    """

    __tablename__ = "sync_runs"
    __table_args__ = (
        Index(
            "uq_sync_runs_active",
            "sync",
            unique=True,
            sqlite_where=UNENDED,
            postgresql_where=UNENDED,
        ),
        Index("ix_sync_runs_sync_id", "sync", "id"),
    )

    sync: Mapped[Word]
    options: Mapped[Json]
    trigger: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[Moment]
    started_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    checkpoint: Mapped[Json | None]
    checkpoint_at: Mapped[datetime | None]
    counts: Mapped[Json] = mapped_column(default=dict)
    errors_list: Mapped[JsonList] = mapped_column(default=list)
    warnings: Mapped[list[str]] = mapped_column(default=list)
    error: Mapped[str | None]
    cancel_requested: Mapped[bool] = mapped_column(default=False)


class JobSlot(Base):
    """A scheduled instant that was claimed: two beats give it one run."""

    __tablename__ = "job_slots"
    __table_args__ = (UniqueConstraint("sync", "slot"),)

    id: Mapped[Id]
    sync: Mapped[Word]
    slot: Mapped[datetime]
    run_id: Mapped[int | None]
    claimed_at: Mapped[Moment]
