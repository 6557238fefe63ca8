"""The answer of a vendor's token endpoint, as tokens or as the error that it means."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from connectors.errors import (
    AnswerError,
    APIError,
    AuthenticationError,
    RateLimitError,
    RequestError,
    ServerError,
)
from connectors.tokens import Tokens

LONGEST = timedelta(days=3650)
LONGEST_TOKEN = 8192
TOO_OFTEN = 600.0
"""Seconds; Zoho refuses refreshes for five to fifteen minutes without saying how long."""

CLIENT = frozenset({"invalid_client", "unauthorized_client", "invalid_client_secret"})
MISTAKES = frozenset({"invalid_request", "unsupported_grant_type", "invalid_scope"})
BUSY = frozenset({"temporarily_unavailable", "server_error"})


class GrantError(AuthenticationError):
    """The vendor refuses the code or the refresh token; another request changes nothing."""


def tokens(document: object, *, now: datetime, held: Tokens | None, call: str) -> Tokens:
    """The tokens in ``document``; a refresh token that it does not name is the one ``held``.

    Raises ``AnswerError`` when there are none.
    """
    fields = document if isinstance(document, dict) else {}
    access = fields.get("access_token")
    if not is_token(access):
        raise AnswerError(f"{call}: the answer holds no access token that a header can carry")
    refresh, until = fields.get("refresh_token"), refresh_ends_at(fields, now=now)
    if not is_token(refresh):
        refresh = None if held is None else held.refresh_token
    if until is None and held is not None and refresh == held.refresh_token:
        until = held.refresh_expires_at
    scope = fields.get("scope", fields.get("scopes"))
    if isinstance(scope, list):
        scope = " ".join(map(str, scope))
    return Tokens(
        access_token=str(access),
        refresh_token=refresh,
        expires_at=ends_at(fields, now=now),
        obtained_at=now,
        scope=scope if isinstance(scope, str) else None,
        refresh_expires_at=until,
    )


def is_token(value: object) -> bool:
    """Whether ``value`` is a text that a header can carry."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= LONGEST_TOKEN
        and value.isascii()
        and value.isprintable()
        and " " not in value
    )


def ends_at(fields: Mapping[str, object], *, now: datetime) -> datetime | None:
    """When a token ends by ``expires_at`` (Square: ISO 8601) or ``expires_in`` (RFC 6749: seconds,
    which some write as text), at most ten years from ``now``.

    None when neither makes sense or the end is past: such a token is renewed when it is refused,
    and not before each request.
    """
    end = named_end(fields, now=now)
    return end if end is not None and end > now else None


def refresh_ends_at(fields: Mapping[str, object], *, now: datetime) -> datetime | None:
    """When the refresh token ends (Square with PKCE: ``refresh_token_expires_at``, after 90 days);
    None when nobody says.
    """
    given = {key: fields.get(f"refresh_token_{key}") for key in ("expires_at", "expires_in")}
    return named_end(given, now=now)


def named_end(fields: Mapping[str, object], *, now: datetime) -> datetime | None:
    """The same, also when it is past."""
    end = _moment(fields.get("expires_at"), now=now)
    if end is None:
        seconds = _number(fields.get("expires_in"))
        end = None if seconds is None else _after(now, seconds)
    return end


def refusal(document: object, problem: APIError | None, *, call: str) -> APIError | None:
    """The error that ``document`` means; None for tokens. ``problem`` is what its status means.

    Some vendors refuse with 200. What they write about it is not repeated: it may quote a secret.
    """
    fields = document if isinstance(document, dict) else {}
    if problem is None and ("access_token" in fields or "error" not in fields):
        return None
    code = str(fields.get("error", "")).lower()
    status = problem.status_code if problem is not None else int(HTTPStatus.OK)
    if status == HTTPStatus.FORBIDDEN and not code:
        # No vendor's word for it: a proxy's, or an address that is locked out.
        return problem
    return _meant(code, str(fields.get("error_description", "")), call=call, status=status)


def _meant(code: str, description: str, *, call: str, status: int | None) -> APIError:
    if code in CLIENT:
        sentence = f"{call}: the client's id or secret is refused"
        return AuthenticationError(sentence, status_code=status)
    if code in MISTAKES:
        return RequestError(f"{call}: the request is refused ({code})", status_code=status)
    if code in BUSY:
        return ServerError(f"{call}: the source is in trouble ({code})", status_code=status)
    if "too many requests" in description.lower():
        sentence = f"{call}: too many calls"
        return RateLimitError(sentence, status_code=status, retry_after=TOO_OFTEN)
    return GrantError(f"{call}: the authorisation is refused", status_code=status)


def _moment(value: object, *, now: datetime) -> datetime | None:
    seconds = _number(value)
    if seconds is not None:
        return _after(now, seconds - now.timestamp())
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if moment is None:
        return None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    # At the ends of the calendar there is no other zone to go to.
    return max(now - LONGEST, min(aware, now + LONGEST)).astimezone(UTC)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return None if math.isnan(number) else number


def _after(now: datetime, seconds: float) -> datetime:
    most = LONGEST.total_seconds()
    return now + timedelta(seconds=max(-most, min(seconds, most)))
