"""Keys of sources: sealed, one active, and never two whatever anybody writes."""

import os

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

import core.settings
from core import crypto
from core.errors import ConfigurationError, RefusedError
from db.access import keys
from db.models import APIKey
from db.session import reading, writing


def add(name: str, *, key: str = "b2c_1_secret", activate: bool = False) -> None:
    with writing() as session:
        keys.add(session, name=name, key=key, activate=activate)


def active() -> str | None:
    with reading() as session:
        return keys.active(session)


def test_the_active_key_is_opened(store):
    add("one", activate=True)

    assert active() == "b2c_1_secret"


def test_without_an_active_key_there_is_none(store):
    add("one")

    assert active() is None


def test_a_key_is_sealed_in_the_store(store):
    add("one")

    with reading() as session:
        assert "secret" not in repr(session.execute(select(APIKey.sealed)).all())


def test_activating_one_puts_the_other_to_rest(store):
    add("one", key="first", activate=True)
    add("two", key="second", activate=True)

    assert active() == "second"
    with reading() as session:
        assert [(key.name, key.is_active) for key in keys.every(session)] == [
            ("one", False), ("two", True),
        ]  # fmt: skip


def test_two_active_keys_are_impossible_in_the_database(store):
    add("one", activate=True)
    add("two")

    with pytest.raises(IntegrityError), writing() as session:
        session.execute(text("UPDATE api_keys SET is_active = true WHERE name = 'two'"))

    with reading() as session:
        assert [key.name for key in keys.every(session) if key.is_active] == ["one"]


def test_many_keys_may_rest(store):
    for n in range(3):
        add(f"key {n}")

    with reading() as session:
        assert len(keys.every(session)) == 3


def test_a_name_is_taken_once(store):
    add("one")

    with pytest.raises(RefusedError, match="'one' already"):
        add("one")


def test_an_unknown_name_is_refused(store):
    with pytest.raises(RefusedError, match="There is no key named"), writing() as session:
        keys.switch(session, "nobody")


def test_a_wrong_encryption_key_names_the_one_that_is_missing(store, monkeypatch):
    add("one", activate=True)
    held = crypto.key_ids()[0]
    monkeypatch.setenv("INVENTORY_ENCRYPTION_KEY", Fernet.generate_key().decode())
    core.settings.reset()

    with pytest.raises(ConfigurationError, match=held):
        active()


def test_a_rotated_encryption_key_opens_what_the_older_one_sealed(store, monkeypatch):
    add("one", activate=True)
    older = os.environ["INVENTORY_ENCRYPTION_KEY"]
    monkeypatch.setenv("INVENTORY_ENCRYPTION_KEY", f"{Fernet.generate_key().decode()},{older}")
    core.settings.reset()

    assert active() == "b2c_1_secret"
