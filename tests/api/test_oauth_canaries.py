"""Secrets of a connection, from its consent to its end: in no log, page, error, or open column."""

from __future__ import annotations

import io
import traceback

import pytest
from sqlalchemy import text

import core.settings
from connectors.errors import APIError
from connectors.http.client import HTTPClient
from connectors.http.oauth import OAuth2
from core import logs
from db.models import Base
from db.session import reading
from sandbox import oauth
from sandbox.faults import Truncated
from sandbox.messages import json_answer
from syncs.acts import connectors as acts
from syncs.acts.by import By
from syncs.connections import find
from syncs.tokens import StoredTokens
from tests.api.test_oauth_callback import BACK, path
from tests.connectors.granting import NAME, browse, configure

SECRET = {"code", "code_verifier", "refresh_token", "client_secret", "token"}


class Blabbing(oauth.OAuth):
    """Repeats whatever it was asked in its refusals, as some vendors do."""

    def answer(self, request):
        answer = super().answer(request)
        if answer is None or answer.status not in {400, 401}:
            return answer
        said = {"error": request.body.decode(), "error_description": request.body.decode()}
        return json_answer(said, answer.status)


@pytest.fixture
def log(app, monkeypatch):
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    core.settings.reset()
    stream = io.StringIO()
    logs.configure(stream)
    return stream


@pytest.mark.parametrize("pkce", [False, True])
def test_no_secret_gets_out(store, log, visitor, monkeypatch, tmp_path, pkce):
    secret = None if pkce else oauth.CLIENT_SECRET
    said: list[str] = []
    held: set[str] = set()
    with oauth.serve(oauth=Blabbing(client_secret=secret)) as vendor:
        configure(
            monkeypatch, tmp_path / "config", vendor.url, pkce=pkce,
            client_secret=None if pkce else "${TOY_CLIENT_SECRET}",
        )  # fmt: skip
        tokens = StoredTokens(NAME)

        def note() -> None:
            kept = tokens.read()
            assert kept is not None
            held.update({kept.access_token, str(kept.refresh_token)})

        def ask() -> None:
            auth = OAuth2(find(NAME).endpoint, tokens, name=NAME, by_person=True)
            client = HTTPClient(f"{vendor.url}/api", auth=auth, sleep=lambda seconds: None)
            try:
                client.get("me")
            except APIError as error:
                said.extend([repr(error), *traceback.format_exception(error)])

        def consent() -> str:
            begun = acts.begin(NAME, redirect_uri=BACK, by=By("cli:ada"))
            return path(browse(begun.url))

        came = consent()
        said += [visitor.get(came).text, visitor.get(came).text]
        note()
        ask()
        vendor.oauth.end_access()
        ask()
        note()
        vendor.oauth.end_access()
        vendor.faults.add(Truncated(endpoint="token"))
        ask()
        vendor.faults.clear()
        ask()
        ask()
        vendor.oauth.client_secret = "another"
        said.append(visitor.get(consent()).text)
        asked = vendor.oauth.asked
    assert tokens.read().refused  # type: ignore[union-attr]  # it is there: somebody consented
    secrets = held | {value for each in asked for key, value in each.items() if key in SECRET}
    assert len(secrets) >= 6

    with reading() as session:
        stored = [
            str(session.execute(text(f'SELECT * FROM "{table}"')).all())  # noqa: S608, our own names
            for table in Base.metadata.tables
        ]
    everything = log.getvalue() + "".join(said) + "".join(stored)
    assert "source.call" in log.getvalue()
    assert "connector.reauthorize" in log.getvalue()
    assert [each for each in secrets if each in everything] == []
