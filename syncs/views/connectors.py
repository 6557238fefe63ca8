"""A person's way to a connector's authorisation, as operators see it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from db.access import oauth_requests
from syncs.views.shapes import Id, Shape, Text

Outcome = Literal["connected", "denied", "refused", "unreachable"]
"""Denied by the person, refused by the vendor, or the vendor did not answer."""


class Authorisation(Shape):
    """A request that a person follows in a browser until ``expires_at``; ``outcome`` None: not yet.

    ``error`` says what to look at; no token or code is in it.
    """

    id: Id
    connector: str
    expires_at: datetime
    outcome: Outcome | None
    error: Text


def authorisation(session: Session, ident: int) -> Authorisation | None:
    """The request of this id, as long as it is kept."""
    row = oauth_requests.find(session, ident)
    return None if row is None else Authorisation.of(row)
