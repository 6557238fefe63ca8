"""``connectors``: a person's way through the browser, tokens somebody has, and the way back."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest

from sandbox import oauth
from sandbox.faults import Status
from syncs.acts import connectors as acts
from syncs.tokens import StoredTokens
from tests.cli import given
from tests.connectors.granting import NAME, browse, configure

ROOT = Path(__file__).parents[2]
ACCESS, REFRESH = "access-canary", "refresh-canary"


@pytest.fixture
def vendor(store, monkeypatch, tmp_path) -> Iterator[oauth.Vendor]:
    with oauth.serve() as served:
        configure(monkeypatch, tmp_path / "config", served.url)
        yield served


def kept() -> Any:
    return StoredTokens(NAME).read()


def tokens(**more: object) -> str:
    return json.dumps({"access_token": ACCESS, "refresh_token": REFRESH} | more)


def test_tokens_come_from_stdin_and_are_never_shown(vendor, cli):
    done = cli("connectors", "authorize", NAME, "--tokens", "-", stdin=tokens(expires_in=3600))

    assert (kept().access_token, kept().refresh_token) == (ACCESS, REFRESH)
    assert "toy is authorised until" in done.stderr
    assert "canary" not in done.output
    assert given.audited() == [("connector.authorize", "connector toy", None)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_tokens_come_from_a_file(vendor, told, tmp_path):
    file = tmp_path / "tokens.json"
    file.write_text(f"\ufeff{tokens(expires_at='2099-01-01T00:00:00+02:00')}", "utf-8")

    answer = told("connectors", "authorize", NAME, "--tokens", file)

    assert answer["connector"] == NAME
    assert answer["state"] == "ok"
    assert answer["expires_at"].endswith("+00:00")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("", "no JSON"),
        ("[1", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "JSON object"),
        ("{}", "access_token: "),
        (tokens(access_token="a b"), "access_token: "),
        (tokens(access_token=1), "access_token: "),
        (tokens(access_token="é"), "access_token: "),
        (tokens(refresh_token=["x"]), "refresh_token: "),
        (tokens(expires_in="soon"), "expires_in: "),
        (tokens(expires_at="tomorrow"), "expires_at: "),
        (tokens(expires_at=True), "expires_at: "),
        (" " * 200_000, "over 100000 characters"),
    ],
    ids=range(13),
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_tokens_that_are_none_are_refused_by_field(vendor, cli, given, named):
    refused = cli("connectors", "authorize", NAME, "--tokens", "-", stdin=given, exit=1)

    assert named in refused.stderr
    assert "canary" not in refused.output
    assert kept() is None


@pytest.mark.parametrize("end", [{"expires_in": "3600"}, {"expires_in": 1e300}, {},
                                 {"expires_at": 4_000_000_000},
                                 {"expires_at": "2001-01-01T00:00:00Z"}], ids=str)  # fmt: skip
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_ends_that_make_sense_or_are_past_are_taken(vendor, cli, end):
    cli("connectors", "authorize", NAME, "--tokens", "-", stdin=tokens(**end))

    assert kept().access_token == ACCESS


def test_what_is_revoked_is_forgotten(vendor, cli, told):
    cli("connectors", "authorize", NAME, "--tokens", "-", stdin=tokens())

    assert told("connectors", "revoke", NAME)["state"] == "reauthorize"

    assert kept() is None
    assert given.audited()[-1] == ("connector.revoke", "connector toy", None)
    assert "has no tokens" in cli("connectors", "revoke", NAME, exit=1).stderr


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_name_that_nobody_configured_is_refused(vendor, cli):
    for command in ("authorize", "revoke"):
        refused = cli("connectors", command, "nobody", exit=1)
        assert "There is no connector named 'nobody'" in refused.stderr
        assert "connectors list" in refused.stderr


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_connector_that_nobody_authorises_is_refused(vendor, cli, monkeypatch, tmp_path):
    configure(
        monkeypatch, tmp_path / "config", vendor.url, method="bearer", token="${TOY_CLIENT_SECRET}",
        client_id=None, client_secret=None, scopes=None, authorize_url=None, token_url=None,
    )  # fmt: skip

    refused = cli("connectors", "authorize", NAME, exit=1)

    assert "toy authenticates by bearer" in refused.stderr


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_addresses_that_nobody_gave_are_named(vendor, cli, monkeypatch, tmp_path):
    configure(monkeypatch, tmp_path / "config", vendor.url, authorize_url=None, token_url=None)

    refused = cli("connectors", "authorize", NAME, exit=78)

    assert "toy.auth.authorize_url: is missing" in refused.stderr
    assert "toy.auth.token_url: is missing" in refused.stderr


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_tokens_are_kept_in_a_file_when_that_is_configured(vendor, cli, monkeypatch, tmp_path):
    path = tmp_path / "toy.json"
    configure(
        monkeypatch, tmp_path / "config", vendor.url, token_store="file", token_path=str(path)
    )

    cli("connectors", "authorize", NAME, "--tokens", "-", stdin=tokens())

    assert "canary" not in path.read_text("ascii")
    assert kept() is None
    cli("connectors", "revoke", NAME)
    assert not path.exists()


@contextmanager
def waiting(**environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """``connectors authorize``, and the address that it prints."""
    with subprocess.Popen(
        [sys.executable, "manage.py", "connectors", "authorize", NAME, "--json"],
        cwd=ROOT, env={**os.environ, **environment}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as started:  # fmt: skip
        try:
            assert started.stderr is not None
            assert "Open this address" in started.stderr.readline()
            yield started, started.stderr.readline().strip()
        finally:
            started.kill()


def get(url: str) -> str:
    parts = urlsplit(url)
    browser = HTTPConnection(parts.netloc)
    try:
        browser.request("GET", f"{parts.path}?{parts.query}")
        return browser.getresponse().read().decode()
    finally:
        browser.close()


@pytest.mark.processes
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_without_an_address_of_ours_the_browser_comes_back_to_this_machine(vendor):
    with waiting() as (started, url):
        back = browse(url)
        assert re.match(r"http://127\.0\.0\.1:\d+/oauth/callback\?", back)
        assert "Ce lien a déjà servi" in get(back.replace("state=", "state=x"))
        running = str([each.info["cmdline"] for each in psutil.process_iter(["cmdline"])])
        assert "'connectors', 'authorize', 'toy'" in running
        assert parse_qs(urlsplit(back).query)["code"][0] not in running
        assert "C’est fait" in get(back)
        out, err = started.communicate(timeout=30)

    assert started.returncode == 0, err
    assert json.loads(out)["state"] == "ok"
    assert kept().scope == "sales items"
    assert parse_qs(urlsplit(back).query)["code"][0] not in out + err


@pytest.mark.processes
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("denies", "code"), [(True, 1), (False, 69)])
def test_with_one_it_comes_back_to_the_web_process(vendor, denies, code):
    vendor.oauth.denies = denies
    vendor.faults.add(Status(endpoint="token", status=503))
    with waiting(PUBLIC_URL="https://moulin.example.com") as (started, url):
        back = urlsplit(browse(url))
        assert f"{back.scheme}://{back.netloc}{back.path}" == (
            "https://moulin.example.com/oauth/callback"
        )
        query = parse_qs(back.query)
        acts.finish(query["state"][0], query.get("code", [None])[0])
        out, err = started.communicate(timeout=30)

    assert started.returncode == code
    assert "toy is not authorised" in err
    assert json.loads(out)["status"] == "failed"
