"""``Retry-After``: how long a source asks to be left alone (RFC 9110, 10.2.3)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 3600.0
"""Seconds; a longer wait is cut to an hour."""

_SECONDS = re.compile(r"\d+(?:\.\d+)?", re.ASCII).fullmatch


def seconds(header: str | None, *, now: datetime) -> float | None:
    """Seconds to wait, 0 to 3600; None without the header and when it makes no sense."""
    text = (header or "").strip()
    if _SECONDS(text):
        return min(float(text), LONGEST)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(max((until - now).total_seconds(), 0.0), LONGEST)
