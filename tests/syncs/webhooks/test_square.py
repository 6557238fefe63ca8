"""Square announces over HTTP what was sold, and the store has it: once, and as it is now."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

import api
import core.settings
from api.hooks import webhooks as endpoint
from db.models import PosTransaction, SyncRun
from db.session import reading
from sandbox import square as stand_in
from sandbox.square import orders
from syncs import engine
from syncs.due import sweep
from syncs.registry import SYNCS
from syncs.webhooks.process import process
from syncs.webhooks.receive import TASK
from tests.api.door import listening
from tests.connectors.folder import forget_process
from tests.webhooks import KEY, PATH, configure, events

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Rung(list[int]):
    """The events that were rung for, instead of a broker."""

    def ring(self, task: str, ident: int) -> None:
        """Remember it."""
        assert task == TASK
        self.append(ident)


@pytest.fixture
def rung(monkeypatch) -> Rung:
    made = Rung()
    monkeypatch.setattr(endpoint, "BELL", made)
    return made


@pytest.fixture
def square(store, rung, monkeypatch, tmp_path: Path) -> Iterator[stand_in.Square]:
    """A seller's account with two locations, which sends events to our own server."""
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    core.settings.reset()
    with stand_in.serve(locations=2) as served, listening(api.create_app()) as port:
        served.webhooks.url, served.webhooks.key = f"http://127.0.0.1:{port}{PATH}", KEY
        configure(monkeypatch, tmp_path / "config", served.url, address=served.webhooks.url)
        yield served
    forget_process()


def sell(square: stand_in.Square, ident: str, *, tip: int = 0, **more: object) -> None:
    square.add(orders.sale(ident, closed_at=NOON, tip=tip) | more)
    square.webhooks.order(ident)


def work(rung: Rung) -> list[tuple[str, int]]:
    """Process what was rung for; the runs to ring for."""
    rings = [ring for event in rung for ring in process(event)]
    rung.clear()
    return rings


def stored() -> dict[str, tuple[int | None, str]]:
    """Version and total of each transaction."""
    with reading() as session:
        rows = session.scalars(select(PosTransaction)).all()
        return {row.external_id: (row.version, f"{row.total:.2f}") for row in rows}


def fetches(square: stand_in.Square, ident: str) -> int:
    return sum(entry.path == f"/v2/orders/{ident}" for entry in square.log.entries())


def test_an_order_that_is_announced_twice_is_fetched_once(square, rung):
    sell(square, "T1")

    assert square.webhooks.deliver(times=2) == [200, 200]
    assert work(rung) == []

    assert stored() == {"T1": (4, "12.00")}
    assert fetches(square, "T1") == 1
    assert [event.status for event in events()] == ["done"]
    with reading() as session:
        assert session.scalars(select(SyncRun)).all() == []


def test_a_burst_about_one_order_is_one_fetch_in_whatever_order_it_comes(square, rung):
    for version in range(4, 14):
        sell(square, "T1", version=version)
        square.webhooks.money("payment.updated", f"PAY{version}", "T1")
    sell(square, "T2")

    assert square.webhooks.deliver(backwards=True) == [200] * 21
    work(rung)

    assert {ident: version for ident, (version, _) in stored().items()} == {"T1": 13, "T2": 4}
    assert (fetches(square, "T1"), fetches(square, "T2")) == (1, 1)
    assert {event.status for event in events()} == {"done"}


def test_an_answer_that_is_older_than_the_store_changes_nothing(square, rung):
    sell(square, "T1", version=7)
    square.webhooks.deliver()
    work(rung)

    sell(square, "T1", version=5, tip=900)
    square.webhooks.deliver()
    work(rung)

    assert stored() == {"T1": (7, "12.00")}


def test_without_a_worker_events_wait_and_a_sweeper_finds_them(square, rung):
    sell(square, "T1")
    square.webhooks.deliver()
    rung.clear()

    # The ring was lost; a broker that came back was told nothing.
    rings = sweep.once(back_at=time.monotonic())

    assert (TASK, 1) in rings
    process(1)
    assert "T1" in stored()


def test_a_forged_event_has_nothing_fetched(square, rung):
    square.add(orders.sale("T1", closed_at=NOON))
    body = square.webhooks.order("T1")

    assert square.webhooks.post(body, signature="forged") == 401
    assert (rung, events(), fetches(square, "T1")) == ([], [], 0)


def test_an_order_of_a_location_that_is_not_ours_is_left_alone(square, rung, monkeypatch, tmp_path):
    address = square.webhooks.url
    configure(monkeypatch, tmp_path / "one", square.url, address=address, locations=["LFICTIVE1"])
    sell(square, "T1", location_id="LFICTIVE2")
    square.webhooks.deliver()
    work(rung)

    assert stored() == {}
    assert [event.status for event in events()] == ["done"]


def test_the_catalogue_is_brought_in_by_one_run_of_each_sync(square, rung):
    for _ in range(3):
        square.webhooks.catalogue()
    square.webhooks.deliver()

    rings = work(rung)

    assert [task for task, _ in rings] == ["sync.square.products", "sync.square.promotions"]
    assert engine.execute(SYNCS["square.products"], rings[0][1]).status == "succeeded"
