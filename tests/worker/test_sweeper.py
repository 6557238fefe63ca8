"""The sweeper: what was rung for is left alone for a while, unless the broker was away since."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from db.models import SalesBatch
from db.session import reading, writing
from db.work import claims
from syncs.due import sweep
from syncs.sales.process import TASK
from tests import sold
from tests.servers import until
from worker import sweeper
from worker.sweeper import Sweeper


@pytest.fixture
def due(store) -> list[int]:
    """Five batches, rung for just now; the fifth as the others, by who took them in."""
    sold.shop()
    with writing() as session:
        first = session.query(SalesBatch).one()
        values = {
            column.name: getattr(first, column.name)
            for column in SalesBatch.__table__.columns
            if column.name not in {"id", "uuid"}
        }
        first.rung_at = session.scalar(select(func.max(SalesBatch.received_at)))
        for number in range(4):
            session.add(SalesBatch(uuid=f"due-{number}", **values))
    with writing() as session:
        return list(claims.to_ring(session, SalesBatch, quiet=0))


@pytest.fixture
def rung(monkeypatch) -> list[tuple[str, int]]:
    """What was rung for, without the syncs that have a slot at the time of day of this test."""
    monkeypatch.setattr(sweep, "SYNCS", {})
    found: list[tuple[str, int]] = []
    monkeypatch.setattr(sweeper, "ring", lambda task, ident: found.append((task, ident)))
    return found


def test_a_reconnect_rings_at_once_for_all_that_was_rung_for_before(due, rung, monkeypatch):
    monkeypatch.setattr(claims, "AT_ONCE", 2)
    monkeypatch.setattr(sweeper, "AT_ONCE", 2)
    made = Sweeper()
    made.sweep_soon()
    made.start()

    until(lambda: len(set(rung)) >= 5, what="bell", patience=10)

    made.stop()
    # In their order; one may be rung for twice, within the instant of the reconnect.
    assert list(dict.fromkeys(rung)) == [(TASK, ident) for ident in due]
    with reading() as session:
        assert session.scalar(select(func.count(SalesBatch.rung_at))) == 5


def test_without_a_reconnect_they_are_left_alone(due, rung):
    Sweeper()._round()

    assert rung == []
