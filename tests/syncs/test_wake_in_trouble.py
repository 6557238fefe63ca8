"""Waking while the store is busy, broken or away: no trouble for who looks, and it is said once."""

import time
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

import core.settings
from db.session import dispose, engine, writing
from db.work import states
from syncs.due import wake
from syncs.due.wake import Waker
from tests.servers import free_port
from tests.syncs.waking import BOTH, runs, synced


@contextmanager
def busy():
    """Somebody writes: on SQLite the whole store, on PostgreSQL the rows of both syncs."""
    with writing() as session:
        for sync in BOTH:
            states.locked(session, sync.name)
        yield


@contextmanager
def away(patch: pytest.MonkeyPatch):
    """The store is at an address where nobody answers."""
    with patch.context() as hidden:
        hidden.setenv("DATABASE_URL", f"postgresql://u:p@127.0.0.1:{free_port()}/moulin")
        core.settings.reset()
        yield
    core.settings.reset()


@contextmanager
def full():
    """Nothing can be written: SQLite's file is read only, PostgreSQL's disk is full."""
    if engine().dialect.name == "sqlite":
        event.listen(engine(), "checkout", read_only)
        yield
        event.remove(engine(), "checkout", read_only)
    else:
        with engine().begin() as connection:
            connection.execute(text(FULL))
        yield
        with engine().begin() as connection:
            connection.execute(text("DROP FUNCTION full_disk CASCADE"))
    # Connections that may not write are in the pool still.
    dispose()


def read_only(connection, *_):
    connection.execute("PRAGMA query_only = ON")


FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE 'no space left' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON sync_runs EXECUTE FUNCTION full_disk();
"""


def said(caplog) -> list[dict[str, Any]]:
    """The events about waking, as they were logged."""
    return [record.msg for record in caplog.records if "wake." in str(record.msg)]


def test_while_the_writer_is_busy_nobody_waits_and_the_next_page_wakes(store):
    synced(hours_ago=3)
    waker = Waker(BOTH)
    with busy():
        began = time.perf_counter()
        waker.wake()
        took = time.perf_counter() - began

    assert runs() == {}
    assert took < 1
    waker.wake()
    assert runs() == {"b2b.categories": 1, "b2b.products": 1}


def test_a_store_that_is_away_is_left_in_peace_and_said_once(store, monkeypatch, caplog):
    synced(hours_ago=3)
    monkeypatch.setattr(wake, "REST", 0.0)
    waker = Waker(BOTH)
    with away(monkeypatch):
        for _ in range(3):
            waker.wake()

    waker.wake()

    events = [line["event"] for line in said(caplog)]
    assert events[:1] == ["wake.stopped"]
    assert events.count("wake.stopped") == 1
    assert runs() == {"b2b.categories": 1, "b2b.products": 1}


def test_a_store_that_cannot_be_written_is_said_once_with_the_reason(store, monkeypatch, caplog):
    caplog.set_level("INFO")
    synced(hours_ago=3)
    monkeypatch.setattr(wake, "REST", 0.0)
    waker = Waker(BOTH)
    with full():
        for _ in range(3):
            waker.wake()

    waker.wake()

    [stopped, *_, resumed] = said(caplog)
    assert (stopped["event"], stopped["level"]) == ("wake.stopped", "warning")
    assert "readonly" in stopped["reason"] or stopped["reason"] == "no space left"
    assert resumed["event"] == "wake.resumed"
    assert [line["event"] for line in said(caplog)].count("wake.stopped") == 1
    assert runs() == {"b2b.categories": 1, "b2b.products": 1}


def test_a_busy_writer_is_no_news_and_no_rest(store, caplog):
    synced(hours_ago=3)
    waker = Waker(BOTH)
    with busy():
        waker.wake()

    assert said(caplog) == []
    assert waker._silent_until == 0


def test_wrong_settings_are_named_and_not_told(monkeypatch, caplog):
    for name in ("DATABASE_URL", "SECRET_KEY", "LOG_LEVEL"):
        monkeypatch.setenv(name, "mysql://canary")
    core.settings.reset()

    Waker(BOTH).wake()

    [stopped] = said(caplog)
    assert stopped["error"] == "ConfigurationError"
    names = sorted(problem.partition(":")[0] for problem in stopped["problems"])
    assert names == ["DATABASE_URL", "LOG_LEVEL", "SECRET_KEY"]
    assert "canary" not in str(stopped)


def test_after_a_store_was_away_pages_do_not_ask_it_for_a_while(store, monkeypatch):
    synced(hours_ago=3)
    waker = Waker(BOTH)
    with away(monkeypatch):
        waker.wake()

    waker.wake()

    assert runs() == {}
    waker._silent_until = time.monotonic()
    waker.wake()
    assert runs() == {"b2b.categories": 1, "b2b.products": 1}


@pytest.mark.parametrize("url", ["nonsense", "mysql://u:p@h/d", "sqlite:////proc/none/moulin.db"])
def test_a_wrong_address_is_no_trouble_either(monkeypatch, url):
    monkeypatch.setenv("DATABASE_URL", url)
    core.settings.reset()

    Waker(BOTH).wake()


def test_a_store_that_was_never_migrated_is_no_trouble_either(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")
    core.settings.reset()

    Waker(BOTH).wake()
    dispose()


def test_a_wrong_interval_is_no_trouble_either(store, monkeypatch):
    synced(hours_ago=3)
    monkeypatch.setenv("SYNC_INTERVAL_SECONDS", "soon")
    core.settings.reset()

    Waker(BOTH).wake()
