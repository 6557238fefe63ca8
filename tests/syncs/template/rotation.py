"""Encryption keys changed as a person changes them: a new one before the old, all sealed anew."""

import pytest
from cryptography.fernet import Fernet

import core.settings
from db.access import sealed
from db.session import writing


def put_new_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a fresh key before the one that is held."""
    old = core.settings.settings().inventory_encryption_key
    assert old is not None
    hold(monkeypatch, f"{Fernet.generate_key().decode()},{old.get_secret_value()}")


def take_out_old_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold the newest key alone."""
    held = core.settings.settings().inventory_encryption_key
    assert held is not None
    hold(monkeypatch, held.get_secret_value().partition(",")[0])


def hold(monkeypatch: pytest.MonkeyPatch, keys: str) -> None:
    """Set the keys, newest first."""
    monkeypatch.setenv("INVENTORY_ENCRYPTION_KEY", keys)
    core.settings.reset()


def reseal() -> int:
    """Seal everything under the newest key; how many values changed."""
    changed = 0
    for column in sealed.columns():
        with writing() as session:
            batch = sealed.reseal(session, column, sealed.stale(session, column))
        assert batch.lost == []
        changed += batch.changed
    return changed


def rotate(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole way, to the newest key alone."""
    put_new_key(monkeypatch)
    reseal()
    take_out_old_keys(monkeypatch)
