"""Worker and beat as anybody starts them: ``celery -A worker …`` in a checkout."""

import signal

import pytest

from syncs import engine, gate
from syncs.registry import find
from tests.servers import until


@pytest.fixture
def wired(family, store, empty_redis, source, monkeypatch):
    """``family`` on the test's store, Redis and B2B source; this process too."""
    given = {
        "REDIS_URL": empty_redis.url,
        "B2B_API_URL": source.url,
        "B2B_API_KEY": source.key,
        "DATABASE_URL": store.database_url,
        "INVENTORY_ENCRYPTION_KEY": store.inventory_encryption_key.get_secret_value(),
    }
    family.env.update(given)
    return family


def statistics(run_id):
    return engine.statistics(find("b2b.products"), run_id)


def test_a_worker_takes_a_runs_id_and_executes_it(wired):
    worker = wired.celery("worker", "-c", "1")
    worker.says(" ready.")
    answer = gate.request(find("b2b.products"), trigger="test", force=True)
    assert isinstance(answer, gate.Enqueued)

    call = wired.celery("call", "sync.b2b.products", "--args", f"[{answer.run_id}]")

    assert call.process.wait(60) == 0, call.said()
    until(
        lambda: statistics(answer.run_id)["status"] not in ("due", "running"),
        what="the run",
        why_not=worker.said,
    )
    found = statistics(answer.run_id)
    assert (found["status"], found["created"], found["pages"]) == ("succeeded", 250, 3)
    assert worker.end(signal.SIGTERM) == 0
    wired.until_gone()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_idle_worker_stops_at_once(wired):
    worker = wired.celery("worker", "-c", "1", REMAP_SIGTERM="SIGQUIT")
    worker.says(" ready.")

    # A soft shutdown would sleep for twenty seconds.
    assert worker.end(signal.SIGTERM, patience=15) == 0
    wired.until_gone()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_beat_starts_and_the_console_script_knows_its_schedule(wired):
    beat = wired.celery("beat", SYNC_SCHEDULE_B2B_PRODUCTS="* * * * *")
    beat.says("beat: Starting")
    report = wired.celery("report", SYNC_SCHEDULE_B2B_PRODUCTS="* * * * *")

    assert report.process.wait(60) == 0
    # The console script once lost the schedule without a word.
    assert "'task': 'sync.b2b.products'" in report.said()
    assert "'task': 'upkeep.forget'" in report.said()
    assert beat.end(signal.SIGTERM) == 0


@pytest.mark.parametrize("what", ["worker", "beat", "flower"])
def test_without_a_broker_each_says_how_to_get_one_with_exit_78(family, what):
    running = family.celery(what)

    assert running.process.wait(60) == 78, running.said()
    assert "Error: No broker: set REDIS_URL" in running.said()
    assert "Traceback" not in running.said()


def test_a_wrong_schedule_is_a_sentence_and_beat_does_not_start(family):
    running = family.celery(
        "beat", REDIS_URL="redis://127.0.0.1:1/0", SYNC_SCHEDULE_B2B_PRODUCTS="sometimes"
    )

    assert running.process.wait(60) == 78, running.said()
    assert "SYNC_SCHEDULE_B2B_PRODUCTS: five crontab fields" in running.said()
