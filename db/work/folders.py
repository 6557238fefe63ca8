"""Which connectors each process has read: noted, compared, forgotten."""

from __future__ import annotations

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from db.models import ConnectorFolder
from db.session import NO_SYNC
from db.types import db_now
from db.upsert import insert_new


def note(session: Session, *, role: str, host: str, digest: str) -> None:
    """That a process of this role on this host has read these connectors, and lives now."""
    known = {"role": role, "host": host}
    insert_new(session, ConnectorFolder, {**known, "digest": digest, "noted_at": db_now()})
    session.execute(
        update(ConnectorFolder).filter_by(**known).values(digest=digest, noted_at=db_now()),
        execution_options=NO_SYNC,
    )


def recent(session: Session, *, seconds: float) -> list[ConnectorFolder]:
    """What was noted within so many seconds, by role and host."""
    query = select(ConnectorFolder).where(ConnectorFolder.noted_at > db_now(-seconds))
    return list(session.scalars(query.order_by(ConnectorFolder.role, ConnectorFolder.host)))


def forget(session: Session, *, older_than_days: float) -> None:
    """Delete what processes noted that are gone since."""
    old = ConnectorFolder.noted_at < db_now(-older_than_days * 86400)
    session.execute(delete(ConnectorFolder).where(old), execution_options=NO_SYNC)
