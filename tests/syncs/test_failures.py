"""Tries that fail: counted, forgiven by progress, and kept with everything when they end."""

import pytest

from connectors.errors import AuthenticationError, ServerError
from core.errors import MoulinError, RefusedError
from db.models import SyncRun, SyncState
from db.work import causes
from sandbox.faults import Status
from syncs import engine
from syncs.acts import failures as acts
from syncs.acts.by import By
from syncs.running.walk import Execution
from syncs.sources.catalogue import CATEGORIES, PRODUCTS
from tests.syncs.rows import (
    change,
    count,
    failed_tasks,
    run,
    shift,
)
from tests.syncs.running import claim, sync_now, taken

NAME = PRODUCTS.name


def due_now(run_id: int) -> None:
    """The run's wait is over."""
    change(SyncRun, run_id, not_before=None)


def fail(run_id: int, times: int) -> None:
    """Let a worker try a run that cannot go on, as often as that."""
    for _ in range(times):
        due_now(run_id)
        with pytest.raises(ServerError):
            engine.execute(PRODUCTS, run_id, Execution(slice_seconds=None, task_id="task-1"))


def test_a_failed_try_is_due_again_later(b2b):
    b2b.faults.add(Status(status=500))
    run_id = taken(PRODUCTS)

    fail(run_id, 1)

    waiting = run(run_id)
    assert (waiting.status, waiting.failures) == ("due", 1)
    assert waiting.not_before > waiting.heartbeat_at
    assert failed_tasks() == []


def test_five_tries_without_a_page_are_the_end(b2b):
    b2b.faults.add(Status(status=500))
    run_id = taken(PRODUCTS)

    fail(run_id, 5)

    assert run(run_id).status == "failed"
    [failed] = failed_tasks()
    assert (failed.task, failed.task_id, failed.args) == ("sync.b2b.products", "task-1", [run_id])
    assert (failed.run_id, failed.state, failed.queue) == (run_id, "open", "sync")
    assert [entry["code"] for entry in failed.attempts] == ["SERVER"] * 5
    assert all("500" in entry["message"] for entry in failed.attempts)


def test_a_failure_keeps_the_options_of_its_run(b2b):
    b2b.keys.clear()
    with pytest.raises(AuthenticationError):
        engine.execute(PRODUCTS, taken(PRODUCTS, site_id=2))

    [failed] = failed_tasks()
    assert failed.kwargs == {"site_id": 2}


def test_a_person_at_a_terminal_leaves_no_failed_task(b2b):
    b2b.keys.clear()
    with pytest.raises(AuthenticationError):
        sync_now(PRODUCTS)

    assert failed_tasks() == []


def test_progress_forgives_earlier_failures(b2b):
    trouble = Status(status=500, page=2)
    b2b.faults.add(trouble)
    run_id = taken(PRODUCTS)
    fail(run_id, 4)
    before = run(run_id).failures
    b2b.faults.remove(trouble)
    b2b.faults.add(Status(status=500, page=3))

    fail(run_id, 1)

    assert (before, run(run_id).failures, run(run_id).status) == (3, 0, "due")


def test_a_run_whose_workers_die_in_silence_is_given_up(b2b):
    run_id = taken(PRODUCTS)
    for _ in range(5):
        claim(run_id)
        shift(SyncState, NAME, "lease_until", seconds=1)

    with pytest.raises(MoulinError, match="died without"):
        engine.execute(PRODUCTS, run_id)

    assert run(run_id).status == "failed"
    assert "died without writing a page" in (run(run_id).error or "")
    [failed] = failed_tasks()
    assert failed.attempts[-1]["code"] == "DIED"
    assert len(b2b.log) == 0


def test_a_crash_of_our_own_is_tried_again_and_kept(b2b):
    def crash(progress):
        raise ZeroDivisionError

    run_id = taken(PRODUCTS)
    with pytest.raises(ZeroDivisionError):
        engine.execute(PRODUCTS, run_id, Execution(slice_seconds=None, watch=crash))

    assert run(run_id).status == "due"
    assert [entry["type"] for entry in run(run_id).errors] == ["ZeroDivisionError"]


def test_a_retried_failure_goes_on_from_its_checkpoint(b2b):
    b2b.faults.add(Status(status=403, page=2))
    run_id = taken(PRODUCTS)
    with pytest.raises(Exception, match="403"):
        engine.execute(PRODUCTS, run_id)
    b2b.faults.clear()
    b2b.log.clear()

    again = acts.retry(1, by=By("Awa"))
    assert again is not None
    outcome = engine.execute(PRODUCTS, again.ident)

    assert (again.ident, outcome.status) == (run_id, "succeeded")
    assert b2b.log.requested_pages("products") == [2, 3]
    assert failed_tasks()[0].state == "retried"


def test_a_failure_is_retried_once(b2b):
    b2b.keys.clear()
    with pytest.raises(AuthenticationError):
        engine.execute(PRODUCTS, taken(PRODUCTS))
    acts.retry(1, by=By("Awa"))

    with pytest.raises(RefusedError):
        acts.retry(1, by=By("Moussa"))

    assert count(SyncRun) == 2


def test_one_refused_key_is_one_cause(b2b):
    b2b.keys.clear()
    for sync in (PRODUCTS, CATEGORIES):
        with pytest.raises(AuthenticationError):
            engine.execute(sync, taken(sync))

    products, categories = failed_tasks()

    assert (products.task, categories.task) == ("sync.b2b.products", "sync.b2b.categories")
    assert products.fingerprint == categories.fingerprint
    assert causes.place(products.attempts[-1]["traceback"]).startswith("connectors/http/")
