"""An event is believed by asking the vendor: once for all events about one object."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from connectors.errors import (
    AuthenticationError,
    CircuitOpenError,
    RateLimitError,
    ReauthorizeError,
    ServerError,
)
from core.errors import MoulinError
from db.models import FailedTask, SyncRun, WebhookEvent
from db.session import reading, writing
from db.types import db_now
from db.work import webhooks
from syncs.acts import syncs as acts
from syncs.acts.by import By
from syncs.due import sweep
from syncs.due.kinds import EVENTS
from syncs.registry import SOURCES, SYNCS
from syncs.trying import MOST_FAILURES
from syncs.webhooks.process import process
from tests.syncs.running import sync_now
from tests.syncs.webhooks.conftest import NAME, names, receive
from tests.webhooks import events

TASK = "webhooks.process"


def states() -> list[str]:
    return [event.status for event in events()]


def rung() -> list[tuple[str, int]]:
    """What a sweeper rings for now; a slot of some sync may have come, too."""
    return [ring for ring in sweep.once() if ring[0] == TASK]


def change(**values: object) -> None:
    with writing() as session:
        session.execute(update(WebhookEvent).values(**values))


def runs() -> list[SyncRun]:
    with reading() as session:
        return list(session.scalars(select(SyncRun).order_by(SyncRun.id)))


def failures() -> list[FailedTask]:
    with reading() as session:
        return list(session.scalars(select(FailedTask)))


def fail(event: int, *, times: int = 1) -> None:
    for _ in range(times):
        change(not_before=None)
        with pytest.raises(MoulinError):
            process(event)


def test_the_object_is_fetched_and_kept(vendor):
    event = receive("e-1", about="1")

    assert process(event) == []

    assert names() == {"1": "Lune"}
    assert (states(), vendor.asked) == (["done"], ["1"])
    assert events()[0].done_at is not None
    assert runs() == []


def test_a_burst_about_one_object_is_one_fetch(vendor):
    burst = [receive(f"e-{n}", about="1") for n in range(20)]
    other = receive("e-20", about="2")

    for event in burst:
        assert process(event) == []

    assert (vendor.asked, states()) == (["1"], ["done"] * 20 + ["due"])
    assert process(other) == []
    assert vendor.asked == ["1", "2"]


def test_many_workers_at_once_fetch_once(vendor):
    event = receive("e-1", about="1")
    together = threading.Barrier(8)

    def hurry(_: int) -> object:
        together.wait()
        return process(event)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(hurry, range(8)))

    assert (vendor.asked, states()) == (["1"], ["done"])


def test_what_comes_during_the_fetch_is_fetched_again(vendor):
    def meanwhile() -> None:
        if len(vendor.asked) == 1:
            vendor.pictures["1"] = "Pleine lune"
            # Nobody begins it beside the first.
            assert process(receive("e-2", about="1")) == []

    first = receive("e-1", about="1")
    vendor.meanwhile = meanwhile

    rings = process(first)

    assert (names(), states()) == ({"1": "Lune"}, ["done", "due"])
    [(task, later)] = rings
    assert task == TASK
    process(later)
    assert (names(), states(), vendor.asked) == ({"1": "Pleine lune"}, ["done"] * 2, ["1"] * 2)


def test_late_and_out_of_order_only_what_is_there_now_counts(vendor):
    first, second = receive("e-1", about="1"), receive("e-2", about="1")
    vendor.pictures["1"] = "Pleine lune"

    process(second)
    process(first)

    assert (names(), vendor.asked) == ({"1": "Pleine lune"}, ["1"])


def test_what_the_vendor_has_no_more_is_left_to_the_next_whole_walk(vendor):
    process(receive("e-1", about="3"))

    assert (names(), states()) == ({}, ["done"])


def test_a_feed_that_nobody_syncs_is_done(vendor):
    process(receive("e-1", "nothing", about="1"))

    assert (vendor.asked, states()) == ([], ["done"])


def test_an_event_of_a_connector_that_this_worker_does_not_know_is_not_over(vendor, monkeypatch):
    event = receive("e-1", about="1")
    with monkeypatch.context() as removed:
        removed.delitem(SOURCES.declared, NAME)
        fail(event)

    assert (vendor.asked, states()) == ([], ["due"])
    change(not_before=None)
    process(event)
    assert (names(), states()) == ({"1": "Lune"}, ["done"])


def test_an_event_about_an_object_waits_while_its_sync_is_paused(vendor):
    acts.pause(SYNCS["toy.pictures"], by=By("ada"))
    event = receive("e-1", about="1")
    fail(event, times=MOST_FAILURES + 1)

    [kept] = events()
    assert (kept.status, kept.failures, vendor.asked, names()) == ("due", 0, [], {})
    acts.resume(SYNCS["toy.pictures"], by=By("ada"))
    change(not_before=None)
    process(event)
    assert (names(), states()) == ({"1": "Lune"}, ["done"])


def test_events_that_name_no_object_ask_for_one_run_of_each_sync(vendor):
    rings = [process(receive(f"e-{n}", "pictures", "prices")) for n in range(3)]

    opened = [(run.sync, run.trigger, run.status) for run in runs()]
    assert opened == [
        ("toy.pictures", "webhook", "due"), ("toy.prices", "webhook", "due"),
    ]  # fmt: skip
    assert rings == [[(f"sync.{run.sync}", run.id) for run in runs()], [], []]
    assert states() == ["done"] * 3


def test_fresh_data_does_not_keep_a_run_from_being_asked_for(vendor):
    sync_now(SYNCS["toy.pictures"])

    [(task, _)] = process(receive("e-1", "pictures"))

    assert task == "sync.toy.pictures"


def test_an_object_that_cannot_be_asked_for_alone_is_asked_for_by_a_run(vendor):
    [(task, _)] = process(receive("e-1", "prices", about="1"))

    assert (task, vendor.asked) == ("sync.toy.prices", [])


def test_what_fails_is_due_again_later(vendor):
    event = receive("e-1", about="1")
    vendor.error = ServerError("it hurts", status_code=500)

    fail(event)

    [kept] = events()
    assert (kept.status, kept.failures, kept.errors[0]["code"]) == ("due", 1, "SERVER")
    assert kept.not_before is not None
    assert process(event) == []
    assert vendor.asked == ["1"]


def test_after_five_failures_it_waits_for_a_person_with_all_events_about_the_object(vendor):
    event, _ = receive("e-1", about="1"), receive("e-2", about="1")
    vendor.error = ServerError("it hurts", status_code=500)

    fail(event, times=MOST_FAILURES)

    assert states() == ["failed"] * 2
    [failed] = failures()
    assert (failed.task, failed.args, len(failed.attempts)) == (TASK, [event], MOST_FAILURES)
    assert rung() == []


def test_the_next_event_settles_those_that_failed(vendor):
    vendor.error = AuthenticationError("no", status_code=401)
    fail(receive("e-1", about="1"))
    vendor.error = None

    process(receive("e-2", about="1"))

    assert states() == ["done"] * 2
    assert [failed.state for failed in failures()] == ["retried"]


def test_what_asking_again_cannot_change_fails_at_once(vendor):
    vendor.error = AuthenticationError("no", status_code=401)

    fail(receive("e-1", about="1"))

    assert states() == ["failed"]


@pytest.mark.parametrize(
    ("error", "least"),
    [
        (RateLimitError("slowly", retry_after=77), 77),
        (RateLimitError("slowly"), 60),
        (CircuitOpenError("later", retry_after=30), 30),
        (ReauthorizeError("toy"), 900),
    ],
    ids=["429 with a time", "429", "open circuit", "unauthorised"],
)
def test_no_event_is_at_fault_when_nobody_may_ask(vendor, error, least):
    vendor.error = error
    event = receive("e-1", about="1")

    fail(event, times=MOST_FAILURES + 1)

    [kept] = events()
    assert (kept.status, kept.failures) == ("due", 0)
    with reading() as session:
        in_time = select(WebhookEvent.id).where(WebhookEvent.not_before > db_now(least - 5))
        assert session.scalar(in_time) == event


def test_workers_that_die_in_silence_are_counted(vendor):
    event = receive("e-1", about="1")
    for _ in range(MOST_FAILURES):
        change(failures=WebhookEvent.failures + 1)

    with pytest.raises(MoulinError, match="died"):
        process(event)

    assert (states(), vendor.asked) == (["failed"], [])


def test_who_was_frozen_past_his_lease_ends_nothing(vendor):
    event = receive("e-1", about="1")

    def freeze() -> None:
        vendor.meanwhile = lambda: None
        change(lease_until=db_now(-1))
        with writing() as session:
            found = session.get_one(WebhookEvent, event)
            assert webhooks.claim(session, found, seconds=60) is not None

    vendor.meanwhile = freeze

    assert process(event) == []
    assert states() == ["running"]


def test_what_was_not_rung_for_is_rung_for_by_a_sweeper_once_an_object(vendor):
    burst = [receive(f"e-{n}", about="1") for n in range(3)]
    other = receive("e-4", about="2")
    # Whoever stored them died before the bell.
    change(rung_at=db_now(-60))

    assert rung() == [(TASK, burst[0]), (TASK, other)]
    assert rung() == []


def test_a_killed_workers_event_is_rung_for_when_its_lease_has_ended(vendor):
    event = receive("e-1", about="1")
    change(status="running", lease_until=db_now(60), lease_token=1, rung_at=db_now(-60))
    assert rung() == []
    change(lease_until=db_now(-1))

    assert rung() == [(EVENTS.task, event)]
    process(event)
    assert states() == ["done"]


def test_an_event_that_is_gone_is_left_alone(vendor):
    assert process(receive("e-1", about="1") + 1) == []
    assert vendor.asked == []
