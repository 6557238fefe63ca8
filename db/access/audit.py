"""Who did what: every act of a person or a token leaves a row."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.logs import correlation_id
from db.models import AuditEvent


def note(
    session: Session,
    *,
    who: str,
    what: str,
    subject: str,
    why: str | None = None,
    **details: object,
) -> None:
    """Keep the act in the transaction that carries it out. No secret belongs in ``details``."""
    session.add(
        AuditEvent(
            who=who,
            what=what,
            subject=subject,
            why=why,
            details=details or None,
            correlation_id=correlation_id(),
        )
    )


def recent(session: Session, *, before: int | None = None, limit: int = 50) -> list[AuditEvent]:
    """Acts, newest first; ``before`` is the id the last page ended with."""
    query = select(AuditEvent).order_by(AuditEvent.id.desc()).limit(limit)
    if before is not None:
        query = query.where(AuditEvent.id < before)
    return list(session.scalars(query))
