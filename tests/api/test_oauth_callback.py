"""A browser comes back from a vendor: once, for the connector it was sent for."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select, text, update

from connectors.http.oauth import OAuth2
from db.models import AuditEvent, OAuthRequest
from db.session import reading, writing
from db.types import db_now
from sandbox import oauth
from sandbox.faults import Status
from syncs.acts import connectors as acts
from syncs.acts.by import By
from syncs.connections import find
from syncs.tokens import StoredTokens
from syncs.views import connectors as views
from tests.connectors.granting import NAME, browse, configure

BACK = "https://moulin.example.com/oauth/callback"


@pytest.fixture
def vendor(store, monkeypatch, tmp_path):
    with oauth.serve(oauth=oauth.OAuth(redirect_uris=(BACK,))) as served:
        configure(monkeypatch, tmp_path / "config", served.url)
        yield served


def begin() -> acts.Begun:
    return acts.begin(NAME, redirect_uri=BACK, by=By("cli:ada"))


def path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def outcome(begun: acts.Begun) -> views.Authorisation:
    with reading() as session:
        kept = views.authorisation(session, begun.id)
    assert kept is not None
    return kept


def kept() -> Any:
    return StoredTokens(NAME).read()


def test_the_browser_brings_tokens_and_a_page_in_french(vendor, visitor):
    begun = begin()

    answer = visitor.get(path(browse(begun.url)))

    assert answer.status_code == 200
    assert "C’est fait\u00a0: la connexion est autorisée." in answer.text
    assert kept().scope == "sales items"
    assert (outcome(begun).outcome, outcome(begun).error) == ("connected", None)
    with reading() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.subject.like("%toy"))).one()
    assert (event.who, event.what) == ("cli:ada", "connector.authorize")


def test_the_page_is_loaded_again_and_nothing_is_done_twice(vendor, visitor):
    came = path(browse(begin().url))
    visitor.get(came)

    assert visitor.get(came).status_code == 200
    assert vendor.asked("token") == 1


def test_the_page_repeats_nothing_of_the_address(vendor, visitor):
    came = path(browse(begin().url))

    answer = visitor.get(f"{came}&error_description=<script>")

    assert "code=" not in answer.text
    assert "script>" not in answer.text
    assert answer.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("state", ["", "unknown", "é\x00\ud800", "s" * 5000], ids=ascii)
def test_a_state_that_nobody_was_given_is_refused(vendor, visitor, state):
    begin()

    answer = visitor.get(
        "/oauth/callback",
        query_string={"state": state.encode("utf-8", "surrogatepass"), "code": "c"},
    )

    assert answer.status_code == 404
    assert "Ce lien est inconnu" in answer.text
    assert vendor.asked("token") == 0


def test_a_state_is_used_once_also_for_another_code(vendor, visitor):
    begun = begin()
    vendor.oauth.denies = True
    denied = path(browse(begun.url))
    assert visitor.get(denied).status_code == 403
    vendor.oauth.denies = False

    answer = visitor.get(path(browse(begun.url)))

    assert answer.status_code == 404
    assert kept() is None


def test_a_state_ends_after_ten_minutes(vendor, visitor):
    begun = begin()
    came = path(browse(begun.url))
    with writing() as session:
        session.execute(update(OAuthRequest).values(expires_at=db_now(-1)))

    assert visitor.get(came).status_code == 404
    assert vendor.asked("token") == 0


def test_a_state_and_its_verifier_are_in_no_store_in_the_clear(vendor, monkeypatch, tmp_path):
    vendor.oauth.client_secret = None
    configure(monkeypatch, tmp_path / "config", vendor.url, pkce=True, client_secret=None)
    begun = begin()
    with reading() as session:
        everything = str(session.execute(text("SELECT * FROM oauth_requests")).all())

    assert "code_challenge=" in begun.url
    state = begun.url.partition("state=")[2].partition("&")[0]
    assert state not in everything
    assert "verifier" not in everything


def test_pkce_goes_the_whole_way(vendor, visitor, monkeypatch, tmp_path):
    vendor.oauth.client_secret = None
    vendor.oauth.needs_pkce = True
    configure(monkeypatch, tmp_path / "config", vendor.url, pkce=True, client_secret=None)

    assert visitor.get(path(browse(begin().url))).status_code == 200
    assert kept() is not None


def test_who_says_no_changes_nothing(vendor, visitor):
    begun = begin()
    vendor.oauth.denies = True

    answer = visitor.get(path(browse(begun.url)))

    assert answer.status_code == 403
    assert "L’accès n’a pas été accordé" in answer.text
    assert outcome(begun).outcome == "denied"
    assert kept() is None


def test_a_refused_code_says_what_to_look_at(vendor, visitor):
    begun = begin()
    came = path(browse(begun.url))
    vendor.oauth.client_secret = "another"

    answer = visitor.get(came)

    assert answer.status_code == 403
    assert "Le fournisseur a refusé" in answer.text
    assert outcome(begun).error == "POST /oauth2/token: the client's id or secret is refused"


def test_a_vendor_that_is_away_is_said_to_be(vendor, visitor):
    begun = begin()
    came = path(browse(begun.url))
    vendor.faults.add(Status(endpoint="token", status=503))

    assert visitor.get(came).status_code == 502
    assert outcome(begun).outcome == "unreachable"


def test_a_connector_that_is_no_longer_configured_is_an_old_link(vendor, visitor, tmp_path):
    came = path(browse(begin().url))
    (tmp_path / "config" / "pos.yaml").write_text("{}")

    assert visitor.get(came).status_code == 404


def test_new_tokens_end_a_refusal(vendor, visitor):
    visitor.get(path(browse(begin().url)))
    vendor.oauth.end_grants()
    auth = OAuth2(find(NAME).endpoint, StoredTokens(NAME), name=NAME, by_person=True)
    with pytest.raises(Exception, match="authorize toy"):
        auth.refresh()
    assert kept().refused

    visitor.get(path(browse(begin().url)))

    assert not kept().refused


def test_the_page_speaks_english_too(vendor, visitor):
    visitor.headers["Accept-Language"] = "en"

    assert "Done: the connection" in visitor.get(path(browse(begin().url))).text
