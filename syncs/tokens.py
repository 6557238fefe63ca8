"""A connector's tokens in the store, the same for all processes on all machines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from connectors.http.token_endpoint import TIMEOUTS
from connectors.tokens import PATIENCE, Tokens, wait_until
from db.access import tokens as kept
from db.session import glancing, writing


class StoredTokens:
    """A ``connectors.tokens.TokenStore``; each method is a transaction of its own. ``lease`` is
    longer than any call to the vendor, in seconds.
    """

    def __init__(self, connector: str, *, lease: float = TIMEOUTS.lease) -> None:
        self.connector = connector
        self.lease = lease

    def read(self) -> Tokens | None:
        """The tokens; None before somebody authorised."""
        with glancing() as session:
            return _opened(kept.read(session, self.connector))

    @contextmanager
    def locked(self, patience: float = PATIENCE) -> Iterator[None]:
        """By a lease on the connector's row: it outlives a call to the vendor, and no killed
        process for long.
        """
        token = 0

        def is_taken() -> bool:
            nonlocal token
            with writing() as session:
                token = kept.claim(session, self.connector, seconds=self.lease) or 0
            return token > 0

        wait_until(is_taken, seconds=patience)
        try:
            yield
        finally:
            with writing() as session:
                kept.release(session, self.connector, token)

    def keep(self, tokens: Tokens, *, instead_of: Tokens | None) -> bool:
        """Compared opened, for nothing else is equal; replaced by the version that was compared."""
        with writing() as session:
            held = kept.read(session, self.connector)
            if _opened(held) != instead_of:
                return False
            return kept.replace(
                session,
                self.connector,
                sealed=tokens.seal(),
                expires_at=tokens.expires_at,
                refused=tokens.refused,
                version=held.version,
            )

    def forget(self) -> None:
        """Keep none."""
        with writing() as session:
            kept.replace(session, self.connector, sealed=None)


def _opened(held: kept.Kept) -> Tokens | None:
    return (
        None if held.sealed is None else replace(Tokens.unseal(held.sealed), refused=held.refused)
    )
