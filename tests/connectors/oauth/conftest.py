"""A vendor that grants tokens, and a client of it that keeps them in a file."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

import core.settings
from connectors.tokens import FileTokens
from sandbox import oauth
from tests.connectors.granting import (
    asking,
    credentials,
)


@pytest.fixture(autouse=True)
def sealing(monkeypatch):
    monkeypatch.setenv("INVENTORY_ENCRYPTION_KEY", Fernet.generate_key().decode())
    core.settings.reset()


@pytest.fixture
def vendor():
    with oauth.serve() as served:
        yield served


@pytest.fixture
def kept(tmp_path):
    return FileTokens(tmp_path / "tokens.json")


@pytest.fixture
def auth(vendor, kept):
    return credentials(vendor.url, kept)


@pytest.fixture
def client(vendor, auth):
    with asking(vendor.url, auth) as made:
        yield made
