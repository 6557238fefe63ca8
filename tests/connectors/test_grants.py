"""What a token endpoint answers: tokens with a sensible end, or the error that it means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.errors import (
    AnswerError,
    APIError,
    AuthenticationError,
    RateLimitError,
    RequestError,
    ServerError,
)
from connectors.http import grants
from connectors.http.grants import GrantError
from connectors.tokens import Tokens

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
TEN_YEARS = timedelta(days=3650)


def read(held: Tokens | None = None, **fields: object) -> Tokens:
    return grants.tokens({"access_token": "a"} | fields, now=NOW, held=held, call="POST /token")


@pytest.mark.parametrize(
    ("fields", "lives"),
    [
        ({"expires_in": 3600}, timedelta(hours=1)),
        ({"expires_in": "3600"}, timedelta(hours=1)),
        ({"expires_in": 0.5}, timedelta(seconds=0.5)),
        ({"expires_in": 10**400}, None),
        ({"expires_in": 1e300}, TEN_YEARS),
        ({"expires_in": float("inf")}, TEN_YEARS),
        ({"expires_in": float("nan")}, None),
        ({"expires_in": 0}, None),
        ({"expires_in": -3600}, None),
        ({"expires_in": True}, None),
        ({"expires_in": "soon"}, None),
        ({"expires_in": None}, None),
        ({"expires_in": [3600]}, None),
        ({}, None),
        ({"expires_at": "2026-11-29T13:00:00Z"}, timedelta(hours=1)),
        ({"expires_at": "2026-11-29T14:00:00+01:00"}, timedelta(hours=1)),
        ({"expires_at": "2026-11-29T13:00:00"}, timedelta(hours=1)),
        ({"expires_at": NOW.timestamp() + 60}, timedelta(minutes=1)),
        ({"expires_at": "9999-12-31T23:59:59-12:00"}, TEN_YEARS),
        ({"expires_at": "0001-01-01T00:00:00+14:00"}, None),
        ({"expires_at": "2026-11-29T11:59:59Z"}, None),
        ({"expires_at": "tomorrow", "expires_in": 60}, timedelta(minutes=1)),
    ],
    ids=str,
)
def test_an_end_is_aware_in_utc_or_none(fields, lives):
    end = read(**fields).expires_at

    assert end == (None if lives is None else NOW + lives)
    assert end is None or end.tzinfo is UTC


@pytest.mark.parametrize(
    "document",
    [None, [], "x", {}, {"access_token": ""}, {"access_token": 7}, {"access_token": "a b"},
     {"access_token": "a\n"}, {"access_token": "é"}, {"access_token": "a" * 9000}],
    ids=lambda value: str(value)[:20],
)  # fmt: skip
def test_without_a_token_that_a_header_can_carry_it_is_no_answer(document):
    with pytest.raises(AnswerError, match="POST /token"):
        grants.tokens(document, now=NOW, held=None, call="POST /token")


@pytest.mark.parametrize("again", [{}, {"refresh_token": None}, {"refresh_token": ""}], ids=str)
def test_a_refresh_token_that_is_not_named_stays(again):
    held = Tokens(access_token="old", refresh_token="r")

    assert read(held, **again).refresh_token == "r"
    assert read(held, refresh_token="new").refresh_token == "new"
    assert read(None, **again).refresh_token is None


def test_scopes_are_a_text_or_a_list():
    assert read(scope="a b").scope == "a b"
    assert read(scopes=["a", "b"]).scope == "a b"
    assert read(scope=7).scope is None


@pytest.mark.parametrize(
    ("lives", "before_its_end"),
    [(3600, 60), (600, 60), (300, 30), (30, 3)],
)
def test_the_last_minute_or_tenth_is_ours(lives, before_its_end):
    tokens = read(expires_in=lives)
    early = NOW + timedelta(seconds=lives - before_its_end)

    assert not tokens.is_stale(early - timedelta(milliseconds=1))
    assert tokens.is_stale(early)


@pytest.mark.parametrize(
    ("status", "document", "kind"),
    [
        (400, {"error": "invalid_grant"}, GrantError),
        (401, {"error": "invalid_grant", "hint": "Token has been revoked"}, GrantError),
        (400, {"status": "BAD_REFRESH_TOKEN", "message": "…"}, GrantError),
        (200, {"error": "invalid_code"}, GrantError),
        (403, {"error": "access_denied"}, GrantError),
        (403, {"detail": "Forbidden"}, APIError),
        (401, {"error": "invalid_client"}, AuthenticationError),
        (400, {"error": "unauthorized_client"}, AuthenticationError),
        (400, {"error": "invalid_scope"}, RequestError),
        (400, {"error": "temporarily_unavailable"}, ServerError),
        (400, {"error": "Access Denied", "error_description":
               "You have made too many requests continuously."}, RateLimitError),
        (400, [], GrantError),
        (200, {"access_token": "a"}, None),
        (200, {}, None),
    ],
    ids=str,
)  # fmt: skip
def test_a_refusal_is_known_by_what_it_means(status, document, kind):
    problem = None if status == 200 else APIError("no", status_code=status)

    meant = grants.refusal(document, problem, call="POST /token")

    assert type(meant) is (type(None) if kind is None else kind)
    if isinstance(meant, RateLimitError):
        assert meant.retry_after == 600


def test_what_a_vendor_writes_is_not_repeated():
    wrote = {"error": "canary1", "error_description": "refresh token canary2 is unknown"}

    assert "canary" not in str(grants.refusal(wrote, None, call="POST /token"))


def test_the_end_of_a_refresh_token_is_kept_with_it():
    end = NOW + timedelta(days=90)

    first = read(refresh_token="r", refresh_token_expires_at=end.isoformat())
    same = read(held=first)
    rotated = read(held=first, refresh_token="s")

    assert (first.refresh_expires_at, first.last_until) == (end, end)
    assert (same.refresh_token, same.refresh_expires_at) == ("r", end)
    assert rotated.refresh_expires_at is None
    assert Tokens.unseal(first.seal()).refresh_expires_at == end


def test_without_a_refresh_token_the_access_token_is_the_last():
    tokens = read(expires_in=3600)

    assert tokens.last_until == NOW + timedelta(hours=1)
    assert read(refresh_token="r", expires_in=3600).last_until is None
