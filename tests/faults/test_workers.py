"""Worker, beat and Redis die in turn; what is due is done, once."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from db import bulk
from db.catalogue import stock
from db.models import ExternalProduct, JobSlot, StockMovement, SyncRun
from db.session import reading
from sandbox import b2b
from sandbox.faults import Slow
from syncs import gate
from syncs.registry import find
from tests.faults.stage import Stage
from tests.servers import Redis, until


def run() -> SyncRun:
    """The one run there is."""
    with reading() as session:
        return session.scalars(select(SyncRun)).one()


def known() -> int:
    """How many products were written."""
    with reading() as session:
        return session.scalar(select(func.count()).select_from(ExternalProduct)) or 0


def written(pages: int) -> bool:
    """Whether so many pages are in the store."""
    return known() >= pages * 100


def this_minute() -> str:
    """A schedule that is due now, and then not until tomorrow."""
    now = datetime.now(ZoneInfo("Europe/Paris"))
    return f"{now.minute} {now.hour} * * *"


@pytest.mark.timeout(200)
def test_a_scheduled_sync_survives_worker_beat_and_redis(
    stage: Stage, source: b2b.B2B, empty_redis: Redis
):
    source.faults.add(Slow(endpoint="products", seconds=0.5))
    schedule = {"SYNC_SCHEDULE_B2B_PRODUCTS": this_minute()}
    beat = stage.start("-m", "celery", "-A", "worker", "beat", **schedule)
    worker = stage.worker(**schedule)
    until(lambda: known() >= 200, what="two pages", patience=30)

    worker.kill()
    beat.kill()
    worker.start()
    beat.start()
    # The dead worker's lease must run out first: that is what keeps two from running at once.
    until(lambda: known() >= 400, what="more pages", why_not=lambda: worker.output, patience=100)
    empty_redis.kill()
    empty_redis.start()
    until(
        lambda: run().status == "succeeded", what="run", why_not=lambda: worker.output, patience=60
    )

    assert worker.alive
    assert run().counts["created"] == 1000
    assert source.log.requested_pages("products").count(10) == 1
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(JobSlot)) == 1
        assert session.scalar(select(func.count()).select_from(StockMovement)) == 1000
        assert stock.verify(session) == (1000, [])


def test_a_due_run_starts_without_beat_and_from_an_empty_redis(stage: Stage, empty_redis: Redis):
    stage.worker()
    empty_redis.kill()
    empty_redis.start()
    answer = gate.request(find("b2b.products"), trigger="test")
    assert isinstance(answer, gate.Enqueued)

    until(lambda: run().started_at is not None, what="run", patience=20)

    begun = run()
    assert begun.started_at is not None
    assert (begun.started_at - begun.created_at).total_seconds() < 15


def test_a_missed_slot_is_caught_up_without_beat(stage: Stage):
    stage.worker(SYNC_SCHEDULE_B2B_PRODUCTS=this_minute())

    until(lambda: known() == 1000, what="the slot's run", patience=30)

    with reading() as session:
        slot = session.scalars(select(JobSlot)).one()
        assert slot.run_id == run().id
        assert (bulk.now(session) - slot.slot).total_seconds() < 120


def test_a_worker_outlives_redis_with_a_task_in_flight(
    stage: Stage, source: b2b.B2B, empty_redis: Redis
):
    source.faults.add(Slow(endpoint="products", seconds=0.3))
    worker = stage.worker()
    gate.request(find("b2b.products"), trigger="test")
    for pages in (1, 4, 7):
        until(partial(written, pages), what=f"page {pages}", patience=30)
        empty_redis.kill()
        empty_redis.start()

    until(lambda: run().status == "succeeded", what="run", patience=60)
    source.faults.clear()
    gate.request(find("b2b.categories"), trigger="test")
    until(
        lambda: "sync.b2b.categories" in worker.output and "succeeded" in worker.output,
        what="the worker's next task",
        why_not=lambda: worker.output,
        patience=30,
    )

    assert worker.alive


def test_a_worker_ends_its_page_and_gives_back_the_run_when_told_to_stop(
    stage: Stage, source: b2b.B2B
):
    source.faults.add(Slow(endpoint="products", seconds=0.2))
    worker = stage.worker(REMAP_SIGTERM="SIGQUIT")
    gate.request(find("b2b.products"), trigger="test")
    until(lambda: known() >= 200, what="two pages", patience=30)
    worker.process.terminate()

    worker.process.wait(timeout=30)

    assert worker.process.returncode == 0
    assert run().counts["fetched"] == known()
