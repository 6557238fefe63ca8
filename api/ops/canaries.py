"""Canaries: a few of many failures are retried first, and their fate decides for the others.

A canary is remembered as its audit event: the runs it opened, under the filter it was chosen by.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.problems import Problem
from db import audit, bulk, failures
from db.models import AuditEvent, SyncRun

WHAT = "failure.canary"
BELIEVED = timedelta(hours=24)
"""An older canary says nothing about today's failures."""


def remember(
    session: Session, *, task: str | None, fingerprint: str | None, runs: Sequence[int],
    since: datetime, who: str, why: str | None,
) -> None:  # fmt: skip
    """The canary was sent, from ``since`` on."""
    audit.note(
        session, who=who, what=WHAT, subject=_subject(task, fingerprint), why=why,
        runs=list(runs), since=since.isoformat(),
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
    runs = list(session.scalars(select(SyncRun).where(SyncRun.id.in_(told["runs"]))))
    running = [run.id for run in runs if run.status in ("due", "running")]
    bad = [run.id for run in runs if run.status in ("failed", "cancelled")]
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
            f"The canary has not ended yet (runs {', '.join(map(str, running))}); ask again later.",
            headers={"Retry-After": "10"},
        )


def _subject(task: str | None, fingerprint: str | None) -> str:
    return f"failures of {task or 'any task'}, {fingerprint or 'any cause'}"[:200]
