"""OAuth2 tokens of connectors: sealed, changed only by whoever has seen the last change, renewed by
one holder of a lease at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import null, select, update
from sqlalchemy.orm import Session

from db.models import OAuthToken
from db.session import NO_SYNC
from db.types import db_now
from db.upsert import insert_new
from db.work.claims import is_past, taken


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A connector's tokens as they are sealed, None without any; ``version`` counts changes."""

    sealed: str | None = None
    refused: bool = False
    version: int = 0


def read(session: Session, connector: str) -> Kept:
    """What is kept for the connector."""
    row = session.execute(
        select(OAuthToken.sealed, OAuthToken.refused_at, OAuthToken.version).where(
            OAuthToken.connector == connector
        )
    ).one_or_none()
    if row is None:
        return Kept()
    return Kept(sealed=row.sealed, refused=row.refused_at is not None, version=row.version)


def replace(
    session: Session,
    connector: str,
    *,
    sealed: str | None,
    expires_at: datetime | None = None,
    refused: bool = False,
    version: int | None = None,
) -> bool:
    """Whether these tokens are kept now, or none: only if ``version`` is the last change still;
    None: whatever is there.
    """
    _ensure(session, connector)
    statement = update(OAuthToken).where(OAuthToken.connector == connector)
    if version is not None:
        statement = statement.where(OAuthToken.version == version)
    changed = session.execute(
        statement.values(
            sealed=sealed, expires_at=expires_at, refused_at=db_now() if refused else null(),
            version=OAuthToken.version + 1, updated_at=db_now(),
        ).returning(OAuthToken.id),
        execution_options=NO_SYNC,
    )  # fmt: skip
    return changed.scalar_one_or_none() is not None


def claim(session: Session, connector: str, *, seconds: float) -> int | None:
    """The token of a lease on the connector's tokens; None while somebody else has one."""
    _ensure(session, connector)
    return session.execute(
        update(OAuthToken)
        .where(OAuthToken.connector == connector, is_past(OAuthToken.lease_until))
        .values(taken(OAuthToken, seconds))
        .returning(OAuthToken.lease_token),
        execution_options=NO_SYNC,
    ).scalar_one_or_none()


def release(session: Session, connector: str, token: int) -> None:
    """Give the lease back, unless it is somebody else's by now."""
    session.execute(
        update(OAuthToken)
        .where(OAuthToken.connector == connector, OAuthToken.lease_token == token)
        .values(lease_until=None),
        execution_options=NO_SYNC,
    )


def _ensure(session: Session, connector: str) -> None:
    known = select(OAuthToken.id).where(OAuthToken.connector == connector)
    if session.scalar(known) is None:
        insert_new(
            session,
            OAuthToken,
            {"connector": connector, "version": 0, "lease_token": 0, "updated_at": db_now()},
        )
