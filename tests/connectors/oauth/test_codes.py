"""How tokens are granted and given back: by a code, with PKCE or a secret."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.errors import (
    AuthenticationError,
    ReauthorizeError,
)
from connectors.http.token_requests import Client
from core.errors import ConfigurationError
from sandbox import oauth
from tests.connectors.granting import (
    asking,
    authorised,
    browse,
    endpoint,
)


@pytest.mark.parametrize("encoding", ["form", "json"])
@pytest.mark.parametrize("client_auth", ["client_secret_post", "client_secret_basic"])
def test_a_code_becomes_tokens_once(vendor, encoding, client_auth):
    made = endpoint(vendor.url, encoding=encoding, client_auth=client_auth)
    back = "http://127.0.0.1:1/oauth/callback"
    code = consented(made, vendor, back)

    assert made.exchange(code, redirect_uri=back, verifier=None).scope == "sales items"
    with pytest.raises(AuthenticationError, match="refused"):
        made.exchange(code, redirect_uri=back, verifier=None)


def test_pkce_needs_its_verifier_and_no_secret(vendor):
    vendor.oauth.client_secret = None
    vendor.oauth.needs_pkce = True
    made = endpoint(vendor.url, Client(client_id=oauth.CLIENT_ID, pkce=True))
    back = "http://127.0.0.1:1/oauth/callback"
    verifier = "v" * 43

    with pytest.raises(AuthenticationError):
        made.exchange(consented(made, vendor, back, verifier), redirect_uri=back, verifier="w" * 43)
    code = consented(made, vendor, back, verifier)
    assert made.exchange(code, redirect_uri=back, verifier=verifier).refresh_token
    assert "client_secret" not in vendor.oauth.asked[-1]


def test_what_is_revoked_is_refused(vendor, kept, auth):
    authorised(vendor, kept)

    auth.endpoint.revoke(kept.read())

    with asking(vendor.url, auth) as client, pytest.raises(ReauthorizeError):
        client.get("me")


def test_a_token_endpoint_has_to_be_safe(kept):
    with pytest.raises(ConfigurationError, match="only https"):
        endpoint("http://vendor.example.com").take()


def consented(made, vendor, back: str, verifier: str | None = None) -> str:
    """The code that a browser brings back."""
    came = browse(made.browse(state="s", redirect_uri=back, verifier=verifier))
    query = parse_qs(urlsplit(came).query)
    assert query["state"] == ["s"]
    return query["code"][0]
