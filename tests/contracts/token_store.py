"""What every store of tokens promises; a module imports these tests and gives ``tokens``."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest

from connectors.errors import ConnectionError  # noqa: A004 - the name users of the API know
from connectors.tokens import Tokens

NOW = datetime(2026, 11, 29, 12, 0, 0, 123456, tzinfo=UTC)
FIRST = Tokens(
    access_token="access-canary",
    refresh_token="refresh-canary",
    expires_at=NOW + timedelta(hours=1),
    obtained_at=NOW,
    scope="sales items",
)
SECOND = replace(FIRST, access_token="a2", refresh_token="r2")


def keep(tokens, kept: Tokens | None, instead_of: Tokens | None) -> bool:
    with tokens.locked():
        return bool(tokens.keep(kept, instead_of=instead_of))


def test_there_are_none_before_somebody_authorised(tokens):
    assert tokens.read() is None


def test_what_is_kept_is_read_whole(tokens):
    assert keep(tokens, FIRST, None)

    assert tokens.read() == FIRST
    assert tokens.read().obtained_at == NOW


def test_tokens_without_an_end_have_none(tokens):
    endless = Tokens(access_token="a")
    keep(tokens, endless, None)

    assert tokens.read() == endless


def test_only_who_has_seen_the_last_ones_replaces_them(tokens):
    keep(tokens, FIRST, None)

    assert not keep(tokens, SECOND, None)
    assert not keep(tokens, FIRST, SECOND)
    assert tokens.read() == FIRST
    assert keep(tokens, SECOND, FIRST)
    assert tokens.read() == SECOND


def test_a_refusal_is_kept(tokens):
    keep(tokens, FIRST, None)
    assert keep(tokens, replace(FIRST, refused=True), FIRST)

    assert tokens.read().refused


def test_newer_tokens_end_a_refusal_also_from_who_had_not_seen_it(tokens):
    keep(tokens, FIRST, None)
    keep(tokens, replace(FIRST, refused=True), FIRST)

    assert keep(tokens, SECOND, FIRST)
    assert not tokens.read().refused


def test_what_is_forgotten_comes_back_by_no_late_writer(tokens):
    keep(tokens, FIRST, None)
    with tokens.locked():
        tokens.forget()

    assert tokens.read() is None
    assert not keep(tokens, SECOND, FIRST)
    assert keep(tokens, SECOND, None)


def test_a_lock_keeps_others_out_and_ends_with_its_block(tokens):
    def fail() -> None:
        with tokens.locked():
            with pytest.raises(ConnectionError, match="renewing"), tokens.locked(patience=0.1):
                pass
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    with tokens.locked(patience=0):
        pass


def test_a_lock_is_waited_for(tokens):
    came = []

    def second() -> None:
        with tokens.locked(patience=20):
            came.append(2)

    with tokens.locked():
        waiting = Thread(target=second)
        waiting.start()
        waiting.join(0.2)
        came.append(1)
    waiting.join()

    assert came == [1, 2]
