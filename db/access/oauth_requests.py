"""Requests for a person's authorisation: each is good for one way through the browser."""

from __future__ import annotations

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core import crypto
from db.models import OAuthRequest
from db.session import NO_SYNC
from db.types import db_now

SECONDS = 600.0
"""How long a person may take."""
KEPT = 86_400.0
"""Seconds that ended ones are kept, for whoever reloads the page."""


def add(session: Session, connector: str, *, state: str, sealed: str, who: str) -> OAuthRequest:
    """An open request; ``state`` is kept as a hash."""
    session.execute(delete(OAuthRequest).where(OAuthRequest.expires_at < db_now(-KEPT)))
    made = OAuthRequest(
        connector=connector, state_hash=crypto.digest(state), sealed=sealed, who=who,
        expires_at=db_now(SECONDS),
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def use(session: Session, ident: int) -> bool:
    """Whether the request is used just now: it was not before, and is not too old."""
    used = session.execute(
        update(OAuthRequest)
        .where(
            OAuthRequest.id == ident,
            OAuthRequest.used_at.is_(None),
            OAuthRequest.expires_at > db_now(),
        )
        .values(used_at=db_now())
        .returning(OAuthRequest.id),
        execution_options=NO_SYNC,
    )
    return used.scalar_one_or_none() is not None


def find_by_state(session: Session, state: str) -> OAuthRequest | None:
    """The request of this state, used or not."""
    return session.scalar(
        select(OAuthRequest).where(OAuthRequest.state_hash == crypto.digest(state))
    )


def find(session: Session, ident: int) -> OAuthRequest | None:
    """The request of this id."""
    return session.get(OAuthRequest, ident)


def end(session: Session, ident: int, outcome: str, error: str | None) -> None:
    """Note how it ended."""
    session.execute(
        update(OAuthRequest)
        .where(OAuthRequest.id == ident)
        .values(ended_at=db_now(), outcome=outcome, error=error),
        execution_options=NO_SYNC,
    )
