"""Each method of the configuration makes its credentials; what is missing is said at its path."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from connectors.authentication import auth_of
from connectors.config import parse
from connectors.http.oauth import OAuth2
from connectors.http.request import Request
from connectors.http.token_requests import Provider
from connectors.tokens import FileTokens
from core.errors import ConfigurationError

SECRET = "b2c_1_secret"
OURS = {"client_id": "us", "client_secret": SECRET, "token_path": "tokens.json"}
VENDOR = Provider(
    authorize_url="https://vendor.example/authorize", token_url="https://vendor.example/token"
)


def auth(provider: Any = VENDOR, **given: Any):
    return auth_of(parse({"auth": given}), name="square", provider=provider)


@pytest.mark.parametrize(
    ("given", "header"),
    [
        ({"method": "api_key", "header": "X-API-Key", "token": SECRET}, ("X-API-Key", SECRET)),
        ({"method": "bearer", "token": SECRET}, ("Authorization", f"Bearer {SECRET}")),
        ({"method": "basic", "username": "me", "password": SECRET},
         ("Authorization", f"Basic {b64encode(f'me:{SECRET}'.encode()).decode()}")),
    ],
    ids=["api_key", "bearer", "basic"],
)  # fmt: skip
def test_a_secret_of_the_configuration_is_a_header(given, header):
    request = auth(**given).authorize(Request.get("x"))

    assert dict(request.headers) == dict([header])


def test_tokens_come_from_the_vendors_own_addresses():
    made = auth(method="oauth2", scopes="a b", **OURS)

    assert isinstance(made, OAuth2)
    assert made.name == "square"
    assert made.endpoint.provider == VENDOR
    assert made.endpoint.client.scopes == ("a", "b")
    assert isinstance(made.store, FileTokens)
    assert SECRET not in repr(made.endpoint.client)


def test_addresses_of_the_configuration_go_before_the_vendors():
    own = {"authorize_url": "https://else.example/a", "token_url": "https://else.example/t/"}

    made = auth(method="oauth2", **OURS, **own)

    assert isinstance(made, OAuth2)
    provider = made.endpoint.provider
    assert (provider.authorize_url, provider.token_url) == tuple(own.values())


@pytest.mark.parametrize(
    ("api", "host"),
    [({}, "https://vendor.example"), ({"base_url": "http://127.0.0.1:8/v2"}, "http://127.0.0.1:8")],
)
def test_addresses_of_the_vendors_host_follow_the_api(api, host):
    provider = Provider(
        base_url="https://vendor.example", authorize_url="/oauth2/authorize",
        token_url="/oauth2/token", revoke_url="/oauth2/revoke",
    )  # fmt: skip
    config = parse({"api": api, "auth": {"method": "oauth2", **OURS}})

    made = auth_of(config, name="square", provider=provider)

    assert isinstance(made, OAuth2)
    found = made.endpoint.provider
    assert (found.authorize_url, found.token_url, found.revoke_url) == (
        f"{host}/oauth2/authorize", f"{host}/oauth2/token", f"{host}/oauth2/revoke",
    )  # fmt: skip


def test_with_pkce_there_is_no_secret():
    made = auth(method="oauth2", client_id="us", pkce=True, token_path="t")

    assert isinstance(made, OAuth2)
    assert (made.endpoint.client.pkce, made.endpoint.client.client_secret) == (True, None)


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"method": "oauth2", **OURS},
         {"square.auth.authorize_url: is missing", "square.auth.token_url: is missing"}),
        ({"method": "oauth2_client_credentials", **OURS}, {"square.auth.token_url: is missing"}),
        ({"method": "oauth2", **OURS, "client_id": "é", "client_secret": "clé-secrète"},
         {"square.auth.client_id: holds", "square.auth.client_secret: holds",
          "square.auth.authorize_url: is missing", "square.auth.token_url: is missing"}),
    ],
    ids=["nothing", "client credentials", "everything"],
)  # fmt: skip
def test_every_problem_is_said_at_its_path(given, problems):
    with pytest.raises(ConfigurationError) as error:
        auth(Provider(), **given)

    said = error.value.problems
    assert {problem for problem in problems if any(each.startswith(problem) for each in said)} == (
        problems
    )
    assert len(said) == len(problems)
    assert "secrète" not in str(error.value)


def test_a_connector_made_by_hand_needs_a_file_for_its_tokens():
    with pytest.raises(ConfigurationError, match=r"square\.auth\.token_path: is missing"):
        auth(method="oauth2", client_id="us", client_secret=SECRET)


def test_the_stores_tokens_are_for_connectors_of_the_product():
    with pytest.raises(ConfigurationError, match=r'syncs\.connect\.to_source\("square"\)'):
        auth(method="oauth2", **OURS, token_store="database")
