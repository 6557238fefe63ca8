"""The authorization server keeps its own rules, so that tests of a client mean something."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from sandbox import oauth

BACK = "https://moulin.example.com/oauth/callback"
CLIENT = {"client_id": oauth.CLIENT_ID, "client_secret": oauth.CLIENT_SECRET}


@pytest.fixture
def vendor() -> Iterator[oauth.Vendor]:
    with oauth.serve() as served:
        yield served


def ask(vendor: oauth.Vendor, **fields: str) -> requests.Response:
    return requests.post(f"{vendor.url}/oauth2/token", data=CLIENT | fields, timeout=5)


def code(vendor: oauth.Vendor, **more: str) -> dict[str, list[str]]:
    asked = {"response_type": "code", "client_id": oauth.CLIENT_ID, "redirect_uri": BACK,
             "state": "s"} | more  # fmt: skip
    answer = requests.get(
        f"{vendor.url}/oauth2/authorize?{urlencode(asked)}", allow_redirects=False, timeout=5
    )
    return parse_qs(urlsplit(answer.headers.get("Location", "")).query)


def me(vendor: oauth.Vendor, token: object) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{vendor.url}/api/me", headers=headers, timeout=5).status_code


def test_a_code_is_good_once(vendor):
    grant = {"grant_type": "authorization_code", "code": code(vendor)["code"][0]}

    first = ask(vendor, **grant, redirect_uri=BACK)
    assert me(vendor, first.json()["access_token"]) == 200
    assert ask(vendor, **grant, redirect_uri=BACK).json() == {"error": "invalid_grant"}


def test_a_code_is_bound_to_its_address(vendor):
    grant = {"grant_type": "authorization_code", "code": code(vendor)["code"][0]}

    assert ask(vendor, **grant, redirect_uri="https://else.example").status_code == 400


def test_a_code_ends(vendor):
    brought = code(vendor)["code"][0]
    now = vendor.oauth.clock()
    vendor.oauth.clock = lambda: now + 301

    answer = ask(vendor, grant_type="authorization_code", code=brought, redirect_uri=BACK)

    assert answer.status_code == 400


@pytest.mark.parametrize("verifier", ["", "another"])
def test_a_code_with_a_challenge_needs_its_verifier(vendor, verifier):
    brought = code(vendor, code_challenge="x" * 43, code_challenge_method="S256")["code"][0]
    proof = {"code_verifier": verifier} if verifier else {}

    answer = ask(vendor, grant_type="authorization_code", code=brought, redirect_uri=BACK, **proof)

    assert answer.status_code == 400


def test_only_registered_addresses_get_a_code(vendor):
    vendor.oauth.redirect_uris = (BACK,)

    assert "code" in code(vendor)
    assert code(vendor, redirect_uri="https://evil.example") == {}


def test_a_used_refresh_token_ends_the_grant(vendor):
    first = vendor.oauth.grant()
    old = {"grant_type": "refresh_token", "refresh_token": str(first["refresh_token"])}
    second = ask(vendor, **old).json()
    assert second["refresh_token"] != first["refresh_token"]

    assert ask(vendor, **old).json() == {"error": "invalid_grant"}
    assert me(vendor, second["access_token"]) == 401
    new = {"grant_type": "refresh_token", "refresh_token": second["refresh_token"]}
    assert ask(vendor, **new).status_code == 400


def test_within_its_grace_a_used_one_brings_the_same_successor(vendor):
    vendor.oauth.grace = 60
    old = {"grant_type": "refresh_token",
           "refresh_token": str(vendor.oauth.grant()["refresh_token"])}  # fmt: skip

    first, second = ask(vendor, **old).json(), ask(vendor, **old).json()

    assert first["refresh_token"] == second["refresh_token"]


def test_without_rotation_the_answer_names_no_refresh_token(vendor):
    vendor.oauth.rotates = False
    same = {"grant_type": "refresh_token",
            "refresh_token": str(vendor.oauth.grant()["refresh_token"])}  # fmt: skip

    assert "refresh_token" not in ask(vendor, **same).json()
    assert ask(vendor, **same).status_code == 200


def test_a_wrong_client_is_refused(vendor):
    answer = ask(vendor, grant_type="client_credentials", client_secret="wrong")

    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


def test_json_is_taken_too(vendor):
    body = json.dumps(CLIENT | {"grant_type": "client_credentials"})

    answer = requests.post(f"{vendor.url}/oauth2/token", data=body, timeout=5)

    assert me(vendor, answer.json()["access_token"]) == 200
    assert "refresh_token" not in answer.json()


def test_a_revoked_token_is_gone(vendor):
    tokens = vendor.oauth.grant()
    requests.post(
        f"{vendor.url}/oauth2/revoke", data=CLIENT | {"token": tokens["refresh_token"]}, timeout=5
    )

    assert me(vendor, tokens["access_token"]) == 401
