"""The art site's health, check by check."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.models import TemplateCheck
from db.session import NO_SYNC
from db.types import db_now


def note(session: Session, *, kind: str, healthy: bool, ms: int, message: str | None) -> None:
    """Store one check."""
    session.add(TemplateCheck(healthy=healthy, kind=kind, ms=ms, message=message))
    # Before any is forgotten: on SQLite it could take the number of the newest.
    session.flush()


def recent(session: Session, *, limit: int = 50) -> list[TemplateCheck]:
    """Checks, newest first."""
    return list(
        session.scalars(select(TemplateCheck).order_by(TemplateCheck.id.desc()).limit(limit))
    )


def forget(session: Session, *, older_than_days: float) -> None:
    """Delete old checks."""
    session.execute(
        delete(TemplateCheck).where(TemplateCheck.at < db_now(-older_than_days * 86400)),
        execution_options=NO_SYNC,
    )
