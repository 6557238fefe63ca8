"""Tokens in a file, for connectors that are made by hand."""

from __future__ import annotations

import os

import pytest
from cryptography.fernet import Fernet

import core.settings
from connectors.tokens import FileTokens
from core.errors import ConfigurationError, FatalError
from tests.contracts.token_store import *  # noqa: F403 - the promises of every store
from tests.contracts.token_store import FIRST, SECOND, keep


@pytest.fixture
def tokens(monkeypatch, tmp_path):
    monkeypatch.setenv("INVENTORY_ENCRYPTION_KEY", Fernet.generate_key().decode())
    core.settings.reset()
    return FileTokens(tmp_path / "deep" / "square.json")


def test_the_file_is_sealed_and_its_owners_alone(tokens):
    keep(tokens, FIRST, None)

    assert b"canary" not in tokens.path.read_bytes()
    assert {path.name for path in tokens.path.parent.iterdir()} == {
        "square.json", "square.json.lock",
    }  # fmt: skip
    for path in tokens.path.parent.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
    assert tokens.path.parent.stat().st_mode & 0o777 == 0o700


def test_a_write_that_fails_leaves_the_old_file_whole(tokens, monkeypatch):
    keep(tokens, FIRST, None)

    def full(descriptor: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        keep(tokens, SECOND, FIRST)

    assert tokens.read() == FIRST
    assert len(list(tokens.path.parent.iterdir())) == 2


@pytest.mark.parametrize("content", [b"", b"half", b"\xff\xfe", b"0a0a0a0a:gAAAA"])
def test_a_file_that_is_no_sealed_value_is_a_clear_error(tokens, content):
    keep(tokens, FIRST, None)
    tokens.path.write_bytes(content)

    with pytest.raises((ConfigurationError, FatalError)):
        tokens.read()


def test_what_nobody_can_open_is_replaced_by_who_authorises(tokens):
    keep(tokens, FIRST, None)
    tokens.path.write_bytes(b"half")

    tokens.replace(SECOND)

    assert tokens.read() == SECOND
