"""What a terminal leaves behind: when it was seen, how wrong its clock is, used signatures."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

import worker
from core import settings
from db import bulk
from db.models import DeviceNonce, Terminal
from db.session import reading, writing
from db.tills import terminals
from tasks import upkeep
from tests.db.till import known, read, set_columns

DIGEST = "d" * 64


def seen(till_id: int, offset: int | None) -> tuple[datetime | None, int | None]:
    """Note a sight; what stands there then."""
    with writing() as session:
        terminals.note_seen(session, till_id, offset)
    return read(till_id).last_seen_at, read(till_id).clock_offset


def use(till_id: int, digest: str = DIGEST, seconds: float = 300) -> bool:
    with writing() as session:
        expires = bulk.now(session) + timedelta(seconds=seconds)
        return terminals.use_nonce(session, till_id, digest, expires)


def test_a_sight_is_noted_once_a_minute(till_id):
    first = seen(till_id, 3)

    assert first[0] is not None
    assert first[1] == 3
    assert seen(till_id, 5) == first
    assert seen(till_id, None) == first


def test_it_is_noted_again_after_a_minute_and_keeps_an_offset_that_is_not_told(till_id):
    with reading() as session:
        long_ago = bulk.now(session) - timedelta(seconds=61)
    set_columns(till_id, last_seen_at=long_ago, clock_offset=3)

    at, offset = seen(till_id, None)

    assert at is not None
    assert at > long_ago + timedelta(seconds=60)
    assert offset == 3


@pytest.mark.parametrize("offset", [33.5, 34, -28, 10**11, -(10**11)])
def test_a_clock_that_jumped_is_noted_at_once(till_id, offset):
    seen(till_id, 3)

    assert seen(till_id, round(offset))[1] == round(offset)


def test_what_would_be_written_is_known_before_a_writer_is_asked(till_id):
    found = known()
    assert found is not None
    assert found.is_news(None)
    seen(till_id, None)
    found = known()
    assert found is not None
    assert [found.is_news(offset) for offset in (None, 0)] == [False, True]
    seen(till_id, 0)
    found = known()
    assert found is not None
    assert [found.is_news(offset) for offset in (None, 30, -31)] == [False, False, True]
    set_columns(till_id, last_seen_at=found.now - timedelta(seconds=61))
    found = known()
    assert found is not None
    assert found.is_news(None)


def test_noting_waits_for_nobody(till_id):
    with writing() as holder:
        holder.execute(select(Terminal).where(Terminal.id == till_id).with_for_update())
        on_sqlite = holder.get_bind().dialect.name == "sqlite"
        # There is one writer's place; elsewhere a row that somebody holds is passed over.
        told = pytest.raises(OperationalError) if on_sqlite else nullcontext()
        with told, writing(patience=0) as session:
            terminals.note_seen(session, till_id, 3)

    assert read(till_id).last_seen_at is None


def test_a_signature_is_used_once_by_each_terminal(till_id, shop_id):
    with writing() as session:
        other = terminals.add(session, shop_id=shop_id, serial="B", name="B").id

    assert use(till_id)
    assert not use(till_id)
    assert use(till_id, "e" * 64)
    assert use(other)


def test_what_was_rolled_back_is_not_used(till_id):
    def fail() -> None:
        with writing() as session:
            assert terminals.use_nonce(session, till_id, DIGEST, bulk.now(session))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert use(till_id)


def test_of_many_at_once_one_uses_it(till_id):
    together = Barrier(8)

    def at_once(_: int) -> bool:
        together.wait()
        return use(till_id)

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(at_once, range(8))) == [False] * 7 + [True]


def test_housekeeping_forgets_what_is_too_old_to_be_used(till_id, monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    settings.reset()
    worker.app.loader.import_default_modules()
    monkeypatch.setattr(upkeep, "AT_ONCE", 2)
    for number in range(8):
        use(till_id, f"{number}" * 64, seconds=-1)
    use(till_id, "a" * 64, seconds=5)
    with writing() as session:
        assert terminals.forget_nonces(session, most=2) == 2

    worker.app.tasks["upkeep.forget"].apply().get()

    with reading() as session:
        assert session.scalar(select(func.count(DeviceNonce.id))) == 1
        assert session.scalars(select(DeviceNonce.digest)).one() == "a" * 64
