"""The tokens of connectors that somebody authorised, and the requests for it that are open."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Id, Moment
from db.models.sealed import Sealed
from db.models.work import Leased


class OAuthToken(Leased, Base):
    """A connector's tokens, sealed; None while the first are fetched.

    ``version`` grows with every change. Whoever holds the lease renews the tokens. ``refused_at``:
    the vendor takes them no more.
    """

    __tablename__ = "oauth_tokens"

    id: Mapped[Id]
    connector: Mapped[str] = mapped_column(String(32), unique=True)
    sealed: Mapped[Sealed | None]
    expires_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[Moment]


class OAuthRequest(Base):
    """A person's way through the vendor's browser page and back, good for one time.

    ``state_hash`` is of what the browser brings back, ``sealed`` holds the verifier and the address
    it comes back to. ``outcome`` is ``connected``, or what ``error`` says about it.
    """

    __tablename__ = "oauth_requests"

    id: Mapped[Id]
    connector: Mapped[str] = mapped_column(String(32))
    state_hash: Mapped[str] = mapped_column(String(64), unique=True)
    sealed: Mapped[Sealed]
    who: Mapped[str] = mapped_column(String(100))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(16))
    error: Mapped[str | None]
