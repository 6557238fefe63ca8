"""What a response says about how soon the source may be asked again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus

from connectors.http.response import Response
from connectors.http.retry_after import LONGEST

_LIMITED = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_NUMBER = re.compile(r"\s*(\d{1,15}(?:\.\d+)?)", re.ASCII).match
# The newer drafts have one header: ``"default";r=0;t=7``, or ``limit=9, remaining=0, reset=7``.
_PAIR = re.compile(r"\b(r|t|remaining|reset)\s*=\s*(\d{1,15})", re.ASCII).findall
_PREFIXES = ("RateLimit-", "X-RateLimit-", "X-Rate-Limit-")
_A_DATE = 1_000_000_000


def rest(response: Response, *, now: datetime) -> float | None:
    """Seconds the source wants to be left alone, up to an hour; None when it names none.

    It says so by ``Retry-After`` on a 429 or 503, or by ``RateLimit-Remaining: 0`` and the reset
    beside it (also ``X-RateLimit-…``; seconds, or an instant in seconds or milliseconds).
    """
    waits = [seconds for seconds in (_reset(response.headers, now),) if seconds is not None]
    if response.status in _LIMITED and response.retry_after is not None:
        waits.append(response.retry_after)
    return min(max(waits), LONGEST) if waits else None


def _reset(headers: Mapping[str, str], now: datetime) -> float | None:
    """When nothing remains: the seconds until something does."""
    pairs = dict(_PAIR(headers.get("RateLimit", "")))
    if _is_zero(pairs.get("r", pairs.get("remaining"))):
        return _seconds(pairs.get("t", pairs.get("reset")), now)
    for prefix in _PREFIXES:
        if _is_zero(headers.get(f"{prefix}Remaining")):
            return _seconds(headers.get(f"{prefix}Reset"), now)
    return None


def _is_zero(text: str | None) -> bool:
    number = _NUMBER(text or "")
    return number is not None and float(number[1]) == 0


def _seconds(text: str | None, now: datetime) -> float | None:
    number = _NUMBER(text or "")
    if number is None:
        return None
    value = float(number[1])
    if value >= _A_DATE * 1000:
        value /= 1000
    return max(0.0, value - now.timestamp()) if value >= _A_DATE else value
