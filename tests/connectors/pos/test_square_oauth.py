"""Square by tokens that a person granted: renewed in the middle of a walk, given back."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest

from connectors import errors
from connectors.aio import pos as awaited
from connectors.authentication import token_endpoint
from connectors.pos import SquareConnector
from connectors.pos.square import PROVIDER
from connectors.tokens import FileTokens, Tokens
from sandbox import oauth
from sandbox.square import orders

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def mapping(source, tmp_path) -> dict[str, Any]:
    """A seller that has authorised us; its tokens are in a file."""
    path = tmp_path / "square.json"
    granted = source.oauth.grant()
    tokens = Tokens(
        access_token=str(granted["access_token"]), refresh_token=str(granted["refresh_token"])
    )
    assert FileTokens(path).keep(tokens, instead_of=None)
    return {
        "api": {"base_url": source.url},
        "auth": {
            "method": "oauth2",
            "client_id": oauth.CLIENT_ID,
            "client_secret": oauth.CLIENT_SECRET,
            "token_store": "file",
            "token_path": str(path),
        },
        "connection": {"retry_delay": 0},
    }


@pytest.fixture
def authorised(mapping):
    with SquareConnector(config_dict=mapping) as opened:
        yield opened


def test_a_token_that_ends_in_the_middle_of_a_walk_is_renewed_once(source, authorised):
    every = timedelta(seconds=1)
    source.add(*orders.made(1200, locations=["LFICTIVE1"], start=NOON, every=every))
    walk = authorised.get_transactions(
        NOON, NOON + timedelta(days=1), "completed", location="LFICTIVE1"
    )

    first = list(islice(walk, 500))
    source.oauth.end_access()
    rest = list(walk)

    assert [it.id for it in first + rest] == sorted(source.orders)
    assert source.oauth.refreshes == 1


def test_an_authorisation_that_was_taken_back_says_so_and_asks_no_more(source, authorised):
    source.oauth.end_grants()

    with pytest.raises(errors.ReauthorizeError):
        authorised.connect()
    asked = len(source.log)
    with pytest.raises(errors.ReauthorizeError):
        authorised.connect()

    assert len(source.log) == asked


def test_credentials_are_refreshed_when_they_are_asked_to_be(source, authorised, mapping, pos):
    authorised.refresh_authentication()
    assert source.oauth.refreshes == 1

    async def refreshed() -> None:
        async with awaited.SquareConnector(config_dict=mapping) as other:
            await other.refresh_authentication()

    asyncio.run(refreshed())
    assert source.oauth.refreshes == 2
    with pytest.raises(errors.NotSupported, match="bearer"):
        pos.refresh_authentication()


def test_tokens_are_asked_for_and_given_back_as_square_wants_it(source, authorised):
    endpoint = token_endpoint(authorised.config, name="square", provider=PROVIDER)
    address = endpoint.browse(state="s", redirect_uri="https://x.example/cb", verifier=None)
    request = PROVIDER.revocation(endpoint.client, Tokens(access_token="t"))  # type: ignore[misc]  # it has one

    assert address.startswith(f"{source.url}/oauth2/authorize?")
    assert "session=false" in address
    assert request.headers["Authorization"] == f"Client {oauth.CLIENT_SECRET}"
    assert request.body == b'{"client_id": "moulin", "access_token": "t"}'
