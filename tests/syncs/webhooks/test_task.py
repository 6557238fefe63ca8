"""The task of an event rings for what has to be done after it."""

from __future__ import annotations

import pytest

import tasks.webhooks as module
import worker
from core import settings
from tests.syncs.webhooks.conftest import receive


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What the task rings for; an address is enough, nothing is sent here."""
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    settings.reset()
    made: list[tuple[str, int]] = []
    monkeypatch.setattr(module, "ring", lambda task, ident: made.append((task, ident)))
    return made


def test_a_run_that_was_asked_for_is_rung_for(vendor, rung):
    event = receive("e-1", "pictures")

    module.answer.apply(args=(event,))

    assert rung == [("sync.toy.pictures", 1)]


def test_an_event_that_came_meanwhile_is_rung_for(vendor, rung):
    later: list[int] = []
    event = receive("e-1", about="1")
    vendor.meanwhile = lambda: later.append(receive("e-2", about="1"))

    module.answer.apply(args=(event,))

    assert rung == [("webhooks.process", later[0])]


def test_events_are_processed_beside_the_syncs(rung):
    route = worker.app.amqp.router.route({}, module.answer.name)

    assert route["queue"].name == "sync"
