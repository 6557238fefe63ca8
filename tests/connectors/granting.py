"""A vendor that grants tokens, and our client of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import core.settings
from connectors.http.client import HTTPClient
from connectors.http.grants import tokens as read_tokens
from connectors.http.oauth import OAuth2
from connectors.http.token_endpoint import TokenEndpoint
from connectors.http.token_requests import Client, Provider
from connectors.tokens import Tokens, TokenStore
from sandbox import oauth

NAME = "toy"
CLIENT = Client(
    client_id=oauth.CLIENT_ID, client_secret=oauth.CLIENT_SECRET, scopes=("sales", "items")
)


def provider(url: str) -> Provider:
    return Provider(
        authorize_url=f"{url}/oauth2/authorize",
        token_url=f"{url}/oauth2/token",
        revoke_url=f"{url}/oauth2/revoke",
    )


def endpoint(url: str, client: Client = CLIENT, **habits) -> TokenEndpoint:
    return TokenEndpoint(replace(provider(url), **habits), client)


def credentials(url: str, store: TokenStore, *, by_person: bool = True, **options) -> OAuth2:
    made = options.pop("endpoint", None) or endpoint(url)
    return OAuth2(made, store, name=NAME, by_person=by_person, **options)


@contextmanager
def asking(url: str, auth: OAuth2, **options) -> Iterator[HTTPClient]:
    client = HTTPClient(f"{url}/api", auth=auth, sleep=lambda seconds: None, **options)
    try:
        yield client
    finally:
        client.close()


def granted(vendor: oauth.Vendor, *, now: datetime | None = None) -> Tokens:
    """Tokens of a person's consent."""
    answer = vendor.oauth.grant("sales items")
    return read_tokens(answer, now=now or datetime.now(UTC), held=None, call="")


def authorised(vendor: oauth.Vendor, store: TokenStore) -> Tokens:
    """The same, kept."""
    tokens = granted(vendor)
    with store.locked():
        store.forget()
        assert store.keep(tokens, instead_of=None)
    return tokens


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def later(**much: float) -> Callable[[], datetime]:
    return at(datetime.now(UTC) + timedelta(**much))


def configure(monkeypatch: pytest.MonkeyPatch, folder: Path, url: str, **auth: object) -> None:
    """A connector called as ``NAME``, of the vendor at ``url``, in the configuration."""
    given = {
        "method": "oauth2",
        "client_id": oauth.CLIENT_ID,
        "client_secret": "${TOY_CLIENT_SECRET}",
        "scopes": ["sales", "items"],
        "authorize_url": f"{url}/oauth2/authorize",
        "token_url": f"{url}/oauth2/token",
    } | auth
    written = {key: value for key, value in given.items() if value is not None}
    folder.mkdir(exist_ok=True)
    toy = {NAME: {"api": {"base_url": f"{url}/api"}, "auth": written}}
    (folder / "pos.yaml").write_text(json.dumps(toy), "utf-8")
    monkeypatch.setenv("CONNECTORS_DIR", str(folder))
    monkeypatch.setenv("TOY_CLIENT_SECRET", oauth.CLIENT_SECRET)
    core.settings.reset()


def browse(url: str) -> str:
    """Where the vendor's page, on which a person consents at once, sends the browser back to."""
    parts = urlsplit(url)
    browser = HTTPConnection(parts.netloc)
    try:
        browser.request("GET", f"{parts.path}?{parts.query}")
        answer = browser.getresponse()
        assert answer.status == 302, answer.read()
        return str(answer.headers["Location"])
    finally:
        browser.close()
