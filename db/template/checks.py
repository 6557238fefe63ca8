"""The art site's health, look by look."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.models import TemplateCheck
from db.session import NO_SYNC
from db.types import db_now


def note(session: Session, *, kind: str, healthy: bool, ms: int, message: str | None) -> None:
    """Keep one look."""
    session.add(TemplateCheck(healthy=healthy, kind=kind, ms=ms, message=message))
    # Before any is forgotten: on SQLite it could take the number of the newest.
    session.flush()


def recent(session: Session, *, limit: int = 50) -> list[TemplateCheck]:
    """Looks, newest first."""
    return list(
        session.scalars(select(TemplateCheck).order_by(TemplateCheck.id.desc()).limit(limit))
    )


def forget(session: Session, *, older_than_days: float) -> None:
    """Delete old looks."""
    session.execute(
        delete(TemplateCheck).where(TemplateCheck.at < db_now(-older_than_days * 86400)),
        execution_options=NO_SYNC,
    )
