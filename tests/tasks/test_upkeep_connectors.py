"""Once a day the log has what is wrong with connectors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.tokens import Tokens
from syncs.tokens import StoredTokens
from tasks import upkeep
from tests.connectors.folder import configure, forget_process, square_at

OAUTH = {"method": "oauth2", "client_id": "app", "pkce": True}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_end_of_an_authorisation_is_logged_in_its_last_week(
    store, monkeypatch, tmp_path, caplog
):
    configure(monkeypatch, tmp_path / "c", square=square_at("https://square.example", auth=OAUTH))
    end = datetime.now(UTC) + timedelta(days=6)
    tokens = Tokens(access_token="canary", refresh_token="canary", refresh_expires_at=end)
    StoredTokens("square").keep(tokens, instead_of=None)

    upkeep.log_problems()

    assert "the authorisation ends on" in caplog.text
    assert "square.auth" in caplog.text
    assert "canary" not in caplog.text
    forget_process()
