"""A seller whose tokens a person granted: renewed while a run walks, or over for good."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors import errors
from sandbox import oauth
from sandbox.square import orders
from syncs.acts import connectors as acts
from syncs.acts.by import By
from tests.connectors.folder import configure, forget_process, square_at
from tests.syncs.configured.conftest import NOON, Shop
from tests.syncs.rows import run
from tests.syncs.running import sync_now

SECRET = "SQUARE_CLIENT_SECRET"


@pytest.fixture
def shop(shop: Shop, monkeypatch, tmp_path) -> Shop:
    """25 orders, on three pages, at a seller that has authorised us."""
    forget_process()
    auth = {"method": "oauth2", "client_id": oauth.CLIENT_ID, "client_secret": f"${{{SECRET}}}"}
    monkeypatch.setenv(SECRET, oauth.CLIENT_SECRET)
    configure(monkeypatch, tmp_path / "granted", square=square_at(shop.vendor.url, auth=auth))
    acts.take("square", shop.vendor.oauth.grant(), by=By("cli:ada"))
    shop.vendor.page_size = 10
    second = timedelta(seconds=1)
    shop.vendor.add(*orders.made(25, locations=["LFICTIVE1"], start=NOON, every=second))
    return shop


def test_a_token_that_ends_in_the_middle_is_renewed_once_and_the_run_goes_on(shop):
    shop.after_search(1, shop.vendor.oauth.end_access)

    done = sync_now(shop.transactions)

    assert (done["status"], done["created"], len(shop.stored)) == ("succeeded", 25, 25)
    assert (shop.searches, shop.vendor.oauth.refreshes) == ([200, 401, 200, 200], 1)


def test_a_consent_that_was_taken_back_says_who_must_do_what_and_asks_no_more(shop):
    shop.after_search(1, shop.vendor.oauth.end_grants)

    with pytest.raises(errors.ReauthorizeError, match="connectors authorize square"):
        sync_now(shop.transactions)
    asked = len(shop.vendor.log)
    with pytest.raises(errors.ReauthorizeError):
        sync_now(shop.transactions)

    assert (run(1).status, run(2).status, len(shop.stored)) == ("failed", "failed", 10)
    assert "connectors authorize square" in run(2).error
    assert len(shop.vendor.log) == asked

    acts.take("square", shop.vendor.oauth.grant(), by=By("cli:ada"))
    assert sync_now(shop.transactions)["status"] == "succeeded"
    assert len(shop.stored) == 25
