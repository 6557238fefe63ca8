"""Tasks: named after their syncs, and a failure is kept with its exact arguments."""

from __future__ import annotations

import pytest
from sqlalchemy import select

import beat_schedule
import worker
from core import settings
from db.models import FailedTask, SyncRun
from db.session import reading
from syncs.registry import SYNCS as REGISTRY
from tasks.durable import DurableTask
from tasks.syncs import TASKS, open_run

SYNCS = REGISTRY.declared


@pytest.fixture(autouse=True)
def broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address is enough: nothing is sent here."""
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    settings.reset()


def buggy(number: int, *, word: str) -> None:
    """A task of ours with a bug."""
    raise LookupError(f"nothing under {number} for token=s3cret-{word}")


def test_every_sync_has_a_task_of_its_own_name():
    worker.app.loader.import_default_modules()

    assert {f"sync.{name}" for name in SYNCS} <= set(worker.app.tasks)
    assert all(TASKS[name].name == sync.task for name, sync in SYNCS.items())


@pytest.fixture
def fails():
    """A task of ours that fails, for as long as the test."""
    name = "upkeep.fails"
    yield worker.app.task(name=name, base=DurableTask)(buggy)
    worker.app.tasks.unregister(name)


def test_a_failed_task_is_kept_with_its_exact_arguments(store, fails):
    fails.apply(args=(7,), kwargs={"word": "été"})

    with reading() as session:
        kept = session.scalars(select(FailedTask)).one()
    assert (kept.task, kept.args, kept.kwargs) == ("upkeep.fails", [7], {"word": "été"})
    assert kept.attempts[0]["type"] == "LookupError"
    assert "s3cret" not in str(kept.attempts)


def test_a_message_without_an_id_asks_the_gate(store):
    first = open_run(SYNCS["b2b.products"], "task", {"site_id": "3"})

    assert first is not None
    assert open_run(SYNCS["b2b.products"], "task", {}) is None
    with reading() as session:
        run = session.scalars(select(SyncRun)).one()
    assert (run.id, run.trigger, run.options) == (first, "task", {"site_id": 3})


def test_the_hourly_look_at_the_art_site_is_a_task(template):
    worker.app.loader.import_default_modules()

    worker.app.tasks["upkeep.template_health"].apply().get()

    assert [entry.path for entry in template.log] == ["/api/export/stats"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_beat_rings_for_every_declared_schedule(store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TEMPLATE_BASE_URL", "https://art.example")
    monkeypatch.setenv("TEMPLATE_API_KEY", "sk")
    settings.reset()
    entries = beat_schedule.entries()

    scheduled = {sync.task for sync in SYNCS.values() if sync.schedule is not None}
    assert scheduled <= set(entries)
    assert all(entry["task"] == name for name, entry in entries.items())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_setting_changes_or_empties_a_schedule(store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SYNC_SCHEDULE_B2B_PRODUCTS", "7 3 * * *")
    monkeypatch.setenv("SYNC_SCHEDULE_B2B_CATEGORIES", "")
    settings.reset()

    entries = beat_schedule.entries()

    assert entries["sync.b2b.products"]["schedule"].hour == {3}
    assert "sync.b2b.categories" not in entries
