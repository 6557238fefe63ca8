"""Canaries: a few of many failures are retried first, and their fate decides for the others.

A canary is remembered as its audit event: the runs and the batches of sales it opened, under the
filter it was chosen by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.web.problems import Problem
from db import bulk
from db.access import audit
from db.models import AuditEvent, SalesBatch, SyncRun
from db.work import failures

WHAT = "failure.canary"
BELIEVED = timedelta(hours=24)
"""An older canary says nothing about today's failures."""


def remember(
    session: Session, *, task: str | None, fingerprint: str | None, runs: Sequence[int],
    batches: Sequence[int], since: datetime, who: str, why: str | None,
) -> None:  # fmt: skip
    """The canary was sent, from ``since`` on."""
    audit.note(
        session, who=who, what=WHAT, subject=_subject(task, fingerprint), why=why,
        runs=list(runs), batches=list(batches), since=since.isoformat(),
    )  # fmt: skip


def require_good(session: Session, *, task: str | None, fingerprint: str | None) -> None:
    """``Problem`` 409 while the last canary of this filter runs, and when it failed.

    Without a canary nothing is in the way: nobody asked for that caution.
    """
    sent = session.scalars(
        select(AuditEvent)
        .where(AuditEvent.what == WHAT, AuditEvent.subject == _subject(task, fingerprint))
        .order_by(AuditEvent.id.desc())
        .limit(1)
    ).one_or_none()
    if sent is None or bulk.now(session) - sent.at > BELIEVED:
        return
    told = sent.details or {}
    fates = _fates(session, told)
    running = [name for name, status in fates.items() if status in ("due", "running")]
    bad = [name for name, status in fates.items() if status in ("failed", "cancelled")]
    newest = failures.recent(session, task=task, fingerprint=fingerprint, limit=1)
    if bad or (newest and newest[0].failed_at > datetime.fromisoformat(told["since"])):
        raise Problem(
            409,
            "CANARY_FAILED",
            "The canary failed, so the others were left alone. Look at the newest failure, cure "
            "its cause, then send a new canary.",
        )
    if running:
        raise Problem(
            409,
            "CANARY_RUNNING",
            f"The canary has not ended yet ({', '.join(running)}); ask again later.",
            headers={"Retry-After": "10"},
        )


def _fates(session: Session, told: Mapping[str, Any]) -> dict[str, str]:
    """How each thing stands that the canary opened."""
    runs = select(SyncRun.id, SyncRun.status).where(SyncRun.id.in_(told["runs"]))
    # An audit event from before there were batches names none.
    batches = select(SalesBatch.id, SalesBatch.status).where(
        SalesBatch.id.in_(told.get("batches", ()))
    )
    found = {f"run {ident}": status for ident, status in session.execute(runs)}
    return found | {f"batch {ident}": status for ident, status in session.execute(batches)}


def _subject(task: str | None, fingerprint: str | None) -> str:
    return f"failures of {task or 'any task'}, {fingerprint or 'any cause'}"[:200]
