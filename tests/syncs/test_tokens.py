"""Tokens in the store, the same for all processes."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from db.models import OAuthToken
from db.session import reading
from syncs.tokens import StoredTokens
from tests.contracts.token_store import *  # noqa: F403 - the promises of every store
from tests.contracts.token_store import FIRST, SECOND, keep


@pytest.fixture
def tokens(store):
    return StoredTokens("square")


def row() -> OAuthToken:
    with reading() as session:
        return session.scalars(select(OAuthToken)).one()


def test_the_store_shows_when_they_end_and_nothing_else(tokens):
    keep(tokens, FIRST, None)

    assert row().expires_at is not None
    with reading() as session:
        everything = session.execute(text("SELECT * FROM oauth_tokens")).all()
    assert "canary" not in str(everything)


def test_each_change_is_another_version(tokens):
    keep(tokens, FIRST, None)
    keep(tokens, SECOND, FIRST)

    assert row().version == 2


def test_two_connectors_have_nothing_in_common(tokens):
    other = StoredTokens("square_lyon")
    keep(tokens, FIRST, None)
    with tokens.locked():
        keep(other, SECOND, None)

    assert (tokens.read(), other.read()) == (FIRST, SECOND)


def test_a_lease_that_was_not_given_back_ends_by_itself(store):
    killed = StoredTokens("square", lease=0.3).locked()
    killed.__enter__()

    with pytest.raises(ConnectionError), StoredTokens("square").locked(patience=0):
        pass
    with StoredTokens("square").locked(patience=10):
        pass


def test_who_lost_the_lease_does_not_end_the_next_ones(store):
    lost = StoredTokens("square", lease=0.01).locked()
    lost.__enter__()
    with StoredTokens("square").locked(patience=10):
        lost.__exit__(None, None, None)
        with (
            pytest.raises(ConnectionError, match="renewing"),
            StoredTokens("square").locked(patience=0.1),
        ):
            pass
