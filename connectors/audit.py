"""What is kept of every call to a vendor."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.logs import correlation_id

_MAY_BE_PERSONAL = re.compile(r"[@%+]|\d{8}").search


@dataclass(frozen=True, kw_only=True, slots=True)
class CallNote:
    """One call, its repetitions included: ``status`` is the last response's, None when none came,
    ``error`` the code of the error that the caller got; ``ms`` and ``at`` count from the first try.
    """

    connector: str
    verb: str
    path: str
    status: int | None
    error: str | None
    ms: int
    tries: int
    correlation_id: str | None
    at: datetime


class Audit(Protocol):
    """Where the notes go; it neither slows a call nor fails it."""

    def note(self, call: CallNote) -> None:
        """Keep ``call``."""


@dataclass(frozen=True, slots=True)
class Calls:
    """Notes the calls of the connector ``name``."""

    name: str
    audit: Audit

    def note(
        self,
        *,
        verb: str,
        path: str,
        status: int | None,
        error: str | None,
        ms: int,
        tries: int,
        at: datetime,
    ) -> None:
        """Keep one call, under the correlation id of now."""
        self.audit.note(
            CallNote(
                connector=self.name,
                verb=verb,
                path=plain(path),
                status=status,
                error=error,
                ms=ms,
                tries=tries,
                correlation_id=correlation_id(),
                at=at,
            )
        )


def plain(path: str) -> str:
    """``path`` without query, and ``*`` for each part that may be somebody's address or number."""
    parts = path.partition("?")[0].split("/")
    return "/".join("*" if _MAY_BE_PERSONAL(part) else part for part in parts)[:500]
