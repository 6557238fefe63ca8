"""Every call to a vendor is noted, without its query, and forgotten after a month."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError

import worker
from connectors import errors
from connectors.audit import CallNote, Calls, plain
from connectors.http.client import HTTPClient
from core import logs, settings
from db.session import reading, writing
from db.work import calls
from syncs.calls import CallLog
from syncs.views.calls import recent
from tasks import upkeep
from tests.connectors.asking import KEY, fine, status
from tests.connectors.source import serving
from tests.servers import until


@pytest.fixture
def log():
    return CallLog(every=0.01)


def note(**changes) -> CallNote:
    fields = {
        "connector": "square", "verb": "GET", "path": "/v2/locations", "status": 200,
        "error": None, "ms": 3, "tries": 1, "correlation_id": None, "at": datetime.now(UTC),
    }  # fmt: skip
    return CallNote(**{**fields, **changes})


def test_a_call_is_noted_with_its_tries_and_without_its_query(store, log):
    with serving(status(503), fine, status(404)) as source, logs.correlation_scope("run-7"):
        client = HTTPClient(source.url, calls=Calls("square", log), sleep=lambda seconds: None)
        client.get("customers/jean@dupont.fr/orders", {"secret": KEY})
        with pytest.raises(errors.RequestError):
            client.post("orders", {"name": "Dupont"})
    log.flush()

    with reading() as session:
        newer, older = recent(session, connector="square")
        assert recent(session, connector="metro") == []
        assert recent(session, before=older.id) == []
    assert (older.verb, older.path) == ("GET", "/api/v1/customers/*/orders")
    assert (older.status, older.error, older.tries) == (200, None, 2)
    assert (newer.verb, newer.path) == ("POST", "/api/v1/orders")
    assert (newer.status, newer.error, newer.tries) == (404, "REQUEST", 1)
    assert older.correlation_id == newer.correlation_id == "run-7"
    assert older.ms >= 0
    assert abs(datetime.now(UTC) - older.at) < timedelta(minutes=1)


def test_what_was_never_sent_is_no_call(store, log):
    class Open:
        def check(self) -> None:
            raise errors.CircuitOpenError("open", unsent=True)

        def note(self, error: errors.APIError | None) -> None: ...

    with pytest.raises(errors.CircuitOpenError):
        HTTPClient("http://127.0.0.1:1", calls=Calls("square", log), breaker=Open()).get("x")
    log.flush()

    with reading() as session:
        assert recent(session) == []


def test_notes_are_written_by_themselves_a_little_later(store, log):
    for n in range(3):
        log.note(note(ms=n))

    def written() -> bool:
        with reading() as session:
            return len(recent(session)) == 3

    until(written, what="the notes")


def test_a_store_that_is_away_neither_fails_nor_slows_a_call_and_loses_no_note(
    store, log, monkeypatch, caplog
):
    with monkeypatch.context() as patch:
        patch.setattr(calls, "keep", refuse)
        started = time.monotonic()
        for n in range(100):
            log.note(note(ms=n))
        assert time.monotonic() - started < 0.5
        log.flush()
        log.flush()
    log.flush()

    with reading() as session:
        kept = recent(session, limit=200)
    assert sorted(call.ms for call in kept) == list(range(100))
    events = [str(record.msg) for record in caplog.records]
    assert sum("calls.not_stored" in event for event in events) == 1


def refuse(*arguments: object) -> None:
    raise OperationalError("INSERT", {}, Exception("away"))


def test_notes_of_a_month_ago_are_forgotten(store, monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    settings.reset()
    worker.app.loader.import_default_modules()
    monkeypatch.setattr(upkeep, "AT_ONCE", 2)
    now = datetime.now(UTC)
    with writing() as session:
        old = [asdict(note(at=now - timedelta(days=31))) for _ in range(5)]
        calls.keep(session, [*old, asdict(note(at=now - timedelta(days=29)))])
    worker.app.tasks["upkeep.forget"].apply().get()

    with reading() as session:
        assert len(recent(session)) == 1


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/v2/orders/search?cursor=x", "/v2/orders/search"),
        ("/v2/customers/KLMN0P/cards", "/v2/customers/KLMN0P/cards"),
        ("/c/jean%40x.fr", "/c/*"),
        ("/c/+33612345678/x", "/c/*/x"),
        ("/c/0612345678", "/c/*"),
        ("/" + "a" * 600, "/" + "a" * 499),
    ],
)
def test_what_may_be_somebodys_is_not_kept(path, kept):
    assert plain(path) == kept
