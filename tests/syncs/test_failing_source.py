"""A source that fails for hours, read by pages: asked again after minutes, and never only after two
hours; what the status says of it meanwhile.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

import api
from connectors.errors import RateLimitError, ServerError
from core import backoff
from db import bulk
from db.access import operators
from db.models import SyncRun, SyncState
from db.session import reading, writing
from sandbox.faults import Status
from syncs import engine, gate
from syncs.due import sweep
from syncs.due.wake import Waker
from syncs.sources.catalogue import PRODUCTS
from tests.syncs.rows import change, run, state

NAME = PRODUCTS.name


@pytest.fixture
def page(b2b, monkeypatch):
    """Somebody reads a page: what a worker is rung for afterwards."""
    for setting in ("SYNC_SCHEDULE_B2B_PRODUCTS", "SYNC_SCHEDULE_B2B_CATEGORIES"):
        monkeypatch.setenv(setting, "")
    # Of what chance gives the longest: of the shortest, a second, a busy machine makes nothing.
    monkeypatch.setattr(backoff, "random", SimpleNamespace(uniform=max))
    waker = Waker([PRODUCTS])

    def read() -> list[int]:
        waker.wake()
        with writing() as session:
            for row in session.query(SyncRun):
                row.rung_at = None
        return [ident for _, ident in sweep.once()]

    return read


def work(run_id: int, error: type[Exception]) -> None:
    """A worker takes the run up, and the source fails."""
    with pytest.raises(error):
        engine.execute(PRODUCTS, run_id)


def wait() -> timedelta:
    """Until the source may be asked again."""
    told = state(NAME)
    moments = [told.next_allowed_at, told.source_wait_until]
    with reading() as session:
        rows = session.query(SyncRun).filter_by(status="due")
        moments += [row.not_before for row in rows]
    last: datetime = max(moment for moment in moments if moment is not None)
    return last - now()


def now() -> datetime:
    with reading() as session:
        return bulk.now(session)


def pass_by() -> None:
    """That time goes by."""
    gone = wait() + timedelta(seconds=1)
    told = state(NAME)
    for column in ("next_allowed_at", "source_wait_until"):
        if getattr(told, column) is not None:
            change(SyncState, NAME, **{column: getattr(told, column) - gone})
    with writing() as session:
        for row in session.query(SyncRun).filter_by(status="due"):
            if row.not_before is not None:
                row.not_before -= gone


def told(role: str | None = None) -> dict[str, object]:
    """What the status says of the products, to everybody or to a role."""
    headers = {}
    if role is not None:
        with writing() as session:
            token = operators.add(session, name=f"a-{now().timestamp()}", role=role)[1]
        headers["Authorization"] = f"Bearer {token}"
    with api.create_app().test_client() as client:
        every = client.get("/inventory/api/status/", headers=headers).get_json()["syncs"]
    return next(line for line in every if line["sync"] == NAME)


def test_pages_have_it_asked_again_after_minutes_for_as_long_as_it_fails(b2b, page):
    b2b.faults.add(Status(status=500))
    waits = []
    for _ in range(12):
        [run_id] = page()
        work(run_id, ServerError)
        assert page() == []
        waits.append(wait())
        pass_by()

    assert max(waits) <= timedelta(hours=1)
    assert [run(n).status for n in (1, 2)] == ["failed", "failed"]
    # Five tries each, then five minutes, then ten; between tries at most a quarter of an hour.
    assert timedelta(minutes=4) < waits[4] < timedelta(minutes=6)
    assert timedelta(minutes=9) < waits[9] < timedelta(minutes=11)
    assert max(waits[:4]) <= timedelta(minutes=15)

    b2b.faults.clear()
    [run_id] = page()
    engine.execute(PRODUCTS, run_id)
    assert run(run_id).status == "succeeded"
    assert told()["state"] == "ok"
    assert told()["failing_since"] is None


def test_the_status_says_since_when_it_fails_and_what_to_do(b2b, page):
    b2b.faults.add(Status(status=500))
    for _ in range(10):
        [run_id] = page()
        work(run_id, ServerError)
        pass_by()

    public, operator = told(), told("operator")

    assert public["state"] == operator["state"] == "failing"
    since = datetime.fromisoformat(str(public["failing_since"]))
    assert abs(since - run(1).finished_at) < timedelta(milliseconds=2)
    assert "advice" not in public
    assert "in trouble" in str(operator["error"])
    assert "When that is cured: POST /api/ops/syncs/b2b.products/run" in str(operator["advice"])


def test_a_wait_that_the_source_asked_for_is_kept_by_everybody(b2b, page):
    b2b.faults.add(Status(status=429, retry_after=1800, times=1))
    [run_id] = page()
    work(run_id, RateLimitError)

    assert timedelta(minutes=29) < wait() <= timedelta(minutes=30)
    assert page() == []
    forced = gate.request(PRODUCTS, trigger="api", force=True)
    assert isinstance(forced, gate.Waiting)
    assert len(b2b.log) == 1
    assert datetime.fromisoformat(str(told()["next_allowed_at"])) > now()

    pass_by()
    assert page() == [run_id]
    engine.execute(PRODUCTS, run_id)
    assert run(run_id).status == "succeeded"


def test_an_absurd_wait_is_an_hour(b2b, page):
    b2b.faults.add(Status(status=429, retry_after=10**9))
    [run_id] = page()
    work(run_id, RateLimitError)

    assert wait() <= timedelta(hours=1)
