"""API keys of the B2B source: sealed at rest, one active, which the database itself enforces."""

from __future__ import annotations

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from core import crypto
from core.details import printable
from core.errors import NotFoundError, RefusedError
from db.models import APIKey
from db.session import NO_SYNC
from db.types import db_now


def add(session: Session, *, name: str, key: str, activate: bool = False) -> APIKey:
    """Keep ``key`` sealed under ``name``; ``RefusedError`` when the name is taken."""
    _in_turn(session)
    if session.scalar(select(APIKey.id).where(APIKey.name == name)) is not None:
        raise RefusedError(f"There is a key named {name!r} already; choose another name.")
    kept = APIKey(name=name, sealed=crypto.seal(key))
    session.add(kept)
    session.flush()
    if activate:
        switch(session, name)
    return kept


def every(session: Session) -> list[APIKey]:
    """All keys, oldest first; none is opened."""
    return list(session.scalars(select(APIKey).order_by(APIKey.id)))


def find(session: Session, name: str) -> APIKey:
    """The key of that name; ``NotFoundError`` when there is none."""
    # What cannot be printed is nobody's name, and PostgreSQL takes no NUL.
    known = printable(name) == name
    key = session.scalar(select(APIKey).where(APIKey.name == name)) if known else None
    if key is None:
        raise NotFoundError("key", f"named {name!r}")
    return key


def switch(session: Session, name: str | None) -> None:
    """Make the named key the active one; None: no key is active."""
    _in_turn(session)
    chosen = find(session, name).id if name is not None else None
    session.execute(
        update(APIKey).where(APIKey.is_active).values(is_active=False), execution_options=NO_SYNC
    )
    if chosen is not None:
        session.execute(
            update(APIKey).where(APIKey.id == chosen).values(is_active=True),
            execution_options=NO_SYNC,
        )
    session.expire_all()


def active(session: Session) -> str | None:
    """The active key, opened; None when there is none."""
    sealed = session.scalar(select(APIKey.sealed).where(APIKey.is_active))
    return crypto.unseal(sealed) if sealed is not None else None


def note_use(session: Session) -> None:
    """Note that the active key is used now."""
    session.execute(
        update(APIKey).where(APIKey.is_active).values(last_used_at=db_now()),
        execution_options=NO_SYNC,
    )


def _in_turn(session: Session) -> None:
    """Whoever changes keys waits for the others; SQLite's writers do by themselves."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE api_keys IN SHARE ROW EXCLUSIVE MODE"))
