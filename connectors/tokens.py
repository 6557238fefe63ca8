"""OAuth2 tokens, and where all processes that use them keep them: here a sealed file."""

from __future__ import annotations

import json
import os
import random
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, Self, TypeVar
from uuid import uuid4

from connectors.errors import ConnectionError  # noqa: A004 - the name users of the API know
from core import crypto, file_lock
from core.errors import ConfigurationError

BEFORE_THE_END = timedelta(minutes=1)
PATIENCE = 30.0
"""Seconds that somebody waits for another's refresh."""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Tokens:
    """What a vendor granted; moments are aware, in UTC. Equal whether ``refused`` or not.

    ``expires_at`` is None when the vendor names no end, as is ``refresh_expires_at``, the refresh
    token's. ``refused``: the vendor takes that one no more, and nobody asks with it again.
    """

    # Neither is printed, wherever this is.
    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    obtained_at: datetime | None = None
    scope: str | None = None
    refresh_expires_at: datetime | None = None
    refused: bool = field(default=False, compare=False)

    def is_stale(self, now: datetime) -> bool:
        """Whether to refresh before the next request: in the last minute of a token's life, or in
        the last tenth of one that lives less than ten minutes.
        """
        if self.expires_at is None:
            return False
        early = BEFORE_THE_END
        if self.obtained_at is not None:
            early = min(early, (self.expires_at - self.obtained_at) / 10)
        return now >= self.expires_at - early

    def has_ended(self, now: datetime) -> bool:
        """Whether the vendor refuses the access token by now."""
        return self.expires_at is not None and now >= self.expires_at

    @property
    def last_until(self) -> datetime | None:
        """Until when nobody need authorise again; None when the vendor does not say."""
        return self.expires_at if self.refresh_token is None else self.refresh_expires_at

    def seal(self) -> str:
        """All of it as one sealed text."""
        return crypto.seal(json.dumps(asdict(self), default=datetime.isoformat))

    @classmethod
    def unseal(cls, sealed: str) -> Self:
        """What was sealed. Raises as ``core.crypto.unseal``."""
        values = json.loads(crypto.unseal(sealed))
        for name in ("expires_at", "obtained_at", "refresh_expires_at"):
            # Sealed by an older version some are not there.
            if values.get(name) is not None:
                values[name] = datetime.fromisoformat(values[name])
        return cls(**values)


class TokenStore(Protocol):
    """One connection's tokens, the same for all processes."""

    def read(self) -> Tokens | None:
        """The tokens; None before somebody authorised."""

    def locked(self, patience: float = PATIENCE) -> AbstractContextManager[None]:
        """Inside the block nobody else refreshes; a killed process leaves no lock behind.

        Raises ``ConnectionError`` when that takes more than ``patience`` seconds.
        """

    def keep(self, tokens: Tokens, *, instead_of: Tokens | None) -> bool:
        """Whether ``tokens`` are kept, durably: only if ``instead_of`` is what is there still."""

    def forget(self) -> None:
        """Keep none."""


class FileTokens:
    """Tokens in a sealed file that only its owner may read; its lock lies beside it.

    ``keep`` and ``forget`` belong inside ``locked``.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def read(self) -> Tokens | None:
        """The tokens in the file; None without one.

        Raises ``ConfigurationError`` for a file that cannot be read or that others may read.
        """
        try:
            if os.name == "posix" and stat.S_IMODE(self.path.stat().st_mode) & 0o077:
                raise ConfigurationError(
                    f"{self.path}: others may read these tokens; run 'chmod 600 {self.path}'."
                )
            return Tokens.unseal(self.path.read_text("ascii").strip())
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(
                f"{self.path}: the tokens cannot be read ({type(error).__name__})."
            ) from error

    @contextmanager
    def locked(self, patience: float = PATIENCE) -> Iterator[None]:
        """By the operating system, which ends a lock with its process."""
        self._make_directory()
        with file_lock.opened(self.path.with_name(f"{self.path.name}.lock")) as lock:
            wait_until(lock.take, seconds=patience)
            yield

    def keep(self, tokens: Tokens, *, instead_of: Tokens | None) -> bool:
        """Written whole beside the file, synced, then renamed onto it."""
        if self.read() != instead_of:
            return False
        self.replace(tokens)
        return True

    def replace(self, tokens: Tokens) -> None:
        """Keep ``tokens`` whatever is there, even what nobody can open."""
        self._make_directory()
        draft = self.path.with_name(f"{self.path.name}.{uuid4().hex}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
                new.write(tokens.seal())
                new.flush()
                os.fsync(new.fileno())
            draft.replace(self.path)
        finally:
            draft.unlink(missing_ok=True)
        file_lock.sync_directory(self.path.parent)

    def forget(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)
        file_lock.sync_directory(self.path.parent)

    def _make_directory(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)


def wait_until(taken: Callable[[], bool], *, seconds: float) -> None:
    """Return once ``taken`` says so; ``ConnectionError`` after ``seconds``."""
    end = time.monotonic() + seconds
    while not taken():
        if time.monotonic() > end:
            raise ConnectionError(
                f"somebody else has been renewing the tokens for {seconds:.0f} s", unsent=True
            )
        time.sleep(random.uniform(0.01, 0.05))  # noqa: S311, jitter is no secret
