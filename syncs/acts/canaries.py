"""Canaries: a few of many failures are retried first, and their fate decides for the others.

A canary is remembered as its audit event: the runs and the batches of sales it opened, under the
filter it was chosen by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.document import Json
from core.errors import RefusedError
from db import bulk
from db.models import AuditEvent, SalesBatch, SyncRun
from db.session import reading, writing
from db.work import failures
from syncs.acts.by import By

WHAT = "failure.canary"
BELIEVED = timedelta(hours=24)
"""An older canary is ignored."""


class CanaryRunning(RefusedError):  # noqa: N818, named for what happened
    """The canary has not ended yet; worth asking again in ``retry_after`` seconds."""

    code = "CANARY_RUNNING"
    retry_after = 10


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The filter that a canary was chosen by."""

    task: str | None = None
    fingerprint: str | None = None

    @property
    def subject(self) -> str:
        """As the audit names it."""
        return f"failures of {self.task or 'any task'}, {self.fingerprint or 'any cause'}"[:200]


def remember(
    chosen: Chosen, *, runs: Sequence[int], batches: Sequence[int], since: datetime, by: By
) -> None:
    """The canary was sent, from ``since`` on."""
    with writing() as session:
        by.note(
            session, WHAT, chosen.subject, runs=list(runs), batches=list(batches),
            since=since.isoformat(),
        )  # fmt: skip


def require_good(chosen: Chosen) -> None:
    """``CanaryRunning`` while the last canary of this filter runs, ``RefusedError`` when it failed.

    Without a canary nothing is in the way: nobody asked for that caution.
    """
    with reading() as session:
        event = _last(session, chosen)
        if event is None or bulk.now(session) - event.at > BELIEVED:
            return
        details = event.details or {}
        fates = _fates(session, details)
        newest = failures.recent(session, task=chosen.task, fingerprint=chosen.fingerprint, limit=1)
        failed_since = bool(newest) and newest[0].failed_at > datetime.fromisoformat(
            details["since"]
        )
    _judge(fates, failed_since=failed_since)


def _last(session: Session, chosen: Chosen) -> AuditEvent | None:
    return session.scalars(
        select(AuditEvent)
        .where(AuditEvent.what == WHAT, AuditEvent.subject == chosen.subject)
        .order_by(AuditEvent.id.desc())
        .limit(1)
    ).one_or_none()


def _judge(fates: Mapping[str, str], *, failed_since: bool) -> None:
    running = [name for name, status in fates.items() if status in ("due", "running")]
    bad = [name for name, status in fates.items() if status in ("failed", "cancelled")]
    if bad or failed_since:
        raise RefusedError(
            "The canary failed, so the others were left alone. Look at the newest failure, cure "
            "its cause, then send a new canary.",
            code="CANARY_FAILED",
        )
    if running:
        raise CanaryRunning(
            f"The canary has not ended yet ({', '.join(running)}); ask again later."
        )


def _fates(session: Session, details: Json) -> dict[str, str]:
    """The status of each run and batch that the canary opened."""
    runs = select(SyncRun.id, SyncRun.status).where(SyncRun.id.in_(details["runs"]))
    # An audit event from before there were batches names none.
    batches = select(SalesBatch.id, SalesBatch.status).where(
        SalesBatch.id.in_(details.get("batches", ()))
    )
    fates = {f"run {ident}": status for ident, status in session.execute(runs)}
    return fates | {f"batch {ident}": status for ident, status in session.execute(batches)}
