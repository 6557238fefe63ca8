"""Terminals: made, found, revoked, and what their three levels keep."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from core import crypto, settings
from core.errors import RefusedError
from db.access import sealed
from db.catalogue import shops
from db.models import Terminal
from db.session import engine, reading, writing
from db.tills import terminals
from tests.db.till import SERIAL, known, read


def set_level(till_id: int, level: int) -> str | None:
    with writing() as session:
        return terminals.set_level(session, session.get_one(Terminal, till_id), level)


def test_a_new_terminal_is_known_by_its_serial_alone(till_id):
    kept = read(till_id)

    assert (kept.active, kept.level, kept.duplicates) == (True, 0, "answer")
    assert (kept.token_hash, kept.signing_key, kept.last_seen_at) == (None, None, None)


@pytest.mark.parametrize(
    "serial", ["", " ", "a b", "a\n", "\ta", "é", "a\x00", "\ud800", "x" * 65, "٣"]
)
def test_what_no_header_carries_is_no_serial(shop_id, serial):
    with pytest.raises(RefusedError, match="1 to 64"), writing() as session:
        terminals.add(session, shop_id=shop_id, serial=serial, name="Caisse")

    assert known(serial) is None


@pytest.mark.parametrize("serial", ["1", "x" * 64, "A-1_b/c:d'\";--%"])
def test_any_printable_word_is_a_serial(shop_id, serial):
    with writing() as session:
        terminals.add(session, shop_id=shop_id, serial=serial, name="Caisse")

    found = known(serial)
    assert found is not None
    assert found.serial == serial


def test_a_serial_is_one_terminals_only_even_a_revoked_ones(till_id, shop_id):
    for state in ("already", "revoked"):
        with pytest.raises(RefusedError, match=state), writing() as session:
            terminals.add(session, shop_id=shop_id, serial=SERIAL, name="Other")
        with writing() as session:
            terminals.revoke(session, session.get_one(Terminal, till_id))


def test_a_terminal_has_a_shop(store):
    with pytest.raises(RefusedError, match="no shop 7"), writing() as session:
        terminals.add(session, shop_id=7, serial=SERIAL, name="Caisse")


def test_a_serial_finds_terminal_and_shop_by_one_statement(till_id, shop_id):
    told: list[str] = []

    def listen(*args: Any) -> None:
        told.append(args[2])

    event.listen(engine(), "before_cursor_execute", listen)
    found = known()
    event.remove(engine(), "before_cursor_execute", listen)

    assert found is not None
    assert (found.id, found.shop_id, found.shop_name) == (till_id, shop_id, "Ma Boutique")
    assert (found.currency, found.timezone) == ("CDF", "Africa/Kinshasa")
    assert found.stock_policy == "reject"
    assert len([text for text in told if text.lstrip().startswith("SELECT")]) == 1


@pytest.mark.parametrize("other", ["0A1BADAE951F8473", "0a1badae951f847", "%", f"{SERIAL} "])
def test_another_serial_finds_nothing(till_id, other):
    assert known(other) is None


def test_a_revoked_terminal_is_found_no_more_until_it_is_restored(till_id):
    for act, first in ((terminals.revoke, None), (terminals.restore, till_id)):
        answers = []
        for _ in range(2):
            with writing() as session:
                answers.append(act(session, session.get_one(Terminal, till_id)))

        assert answers == [True, False]
        found = known()
        assert (found.id if found else None) == first


def test_terminals_are_listed_by_shop(till_id, shop_id):
    with writing() as session:
        other = shops.add(session, name="Lyon").id
        terminals.add(session, shop_id=other, serial="B", name="Caisse B")

    with reading() as session:
        assert [item.serial for item in terminals.every(session)] == [SERIAL, "B"]
        assert [item.serial for item in terminals.every(session, shop_id=other)] == ["B"]


def test_a_terminal_is_named_by_serial_or_id_and_never_guessed(till_id, shop_id):
    with writing() as session:
        other = terminals.add(session, shop_id=shop_id, serial=str(till_id), name="Confusing")
        assert terminals.find(session, SERIAL).id == till_id
        assert terminals.find(session, str(other.id)).id == other.id
        for word, why in (
            (str(till_id), "of another"),
            ("99", "no terminal"),
            ("x", "no terminal"),
        ):
            with pytest.raises(RefusedError, match=why):
                terminals.find(session, word)


@pytest.mark.parametrize("level", [1, 2])
def test_a_token_has_256_bits_and_is_kept_as_its_level_needs_it(till_id, level):
    token = set_level(till_id, level)

    assert token is not None
    assert token.startswith("mlt_")
    assert len(token) == 4 + 43
    kept = read(till_id)
    assert kept.token_hash == crypto.digest(token)
    if level == 1:
        assert kept.signing_key is None
    else:
        assert kept.signing_key is not None
        assert token not in kept.signing_key
        assert crypto.unseal(kept.signing_key) == token
    assert token not in repr(known())
    assert kept.token_hash not in repr(known())


def test_each_call_makes_another_token_and_level_0_keeps_none(till_id):
    first, second = set_level(till_id, 2), set_level(till_id, 2)

    assert first != second
    assert read(till_id).token_hash == crypto.digest(second or "")
    assert set_level(till_id, 1) not in {first, second}
    assert read(till_id).signing_key is None
    assert set_level(till_id, 0) is None
    assert read(till_id).token_hash is None


@pytest.mark.parametrize("level", [-1, 3, 99])
def test_there_is_no_other_level(till_id, level):
    with pytest.raises(RefusedError, match="0, 1, 2"):
        set_level(till_id, level)


def test_signing_keys_rotate_with_all_that_is_sealed(till_id, monkeypatch):
    old = settings.settings().inventory_encryption_key
    assert old is not None
    token = set_level(till_id, 2)
    fresh = crypto.new_key()
    monkeypatch.setenv("INVENTORY_ENCRYPTION_KEY", f"{fresh},{old.get_secret_value()}")
    settings.reset()

    with writing() as session:
        found = sealed.stale(session, Terminal.signing_key)
        assert sealed.reseal(session, Terminal.signing_key, found).changed == 1

    monkeypatch.setenv("INVENTORY_ENCRYPTION_KEY", fresh)
    settings.reset()
    assert crypto.unseal(read(till_id).signing_key or "") == token


def test_duplicates_have_two_policies(till_id):
    with writing() as session:
        terminals.set_duplicates(session, session.get_one(Terminal, till_id), "errors_only")
    with pytest.raises(RefusedError, match="answer, errors_only"), writing() as session:
        terminals.set_duplicates(session, session.get_one(Terminal, till_id), "never")

    found = known()
    assert found is not None
    assert found.duplicates == "errors_only"
