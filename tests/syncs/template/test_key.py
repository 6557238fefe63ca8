"""A refused key: a worker's run asks once, fails, and is not tried again by anybody."""

import pytest

from connectors.errors import AuthenticationError, ForbiddenError
from db.models import FailedTask, SyncRun
from db.session import reading, writing
from db.work import runs
from sandbox.faults import Status
from syncs import engine, gate
from syncs.due import sweep
from syncs.registry import SYNCS
from tests.syncs import rows
from tests.syncs.template.exported import ORDERED, resource


def opened(name: str) -> int:
    """The run that a worker is rung for."""
    answer = gate.request(resource(name), trigger="schedule")
    assert isinstance(answer, gate.Enqueued)
    return answer.run_id


def expect_over(run_id: int) -> None:
    """It has failed with one try and waits for nobody."""
    with reading() as session:
        run = runs.find(session, run_id)
        assert (run.status, len(run.errors), run.not_before) == ("failed", 1, None)
        assert "the key is known" in str(run.error) or "TEMPLATE_API_KEY" in str(run.error)
    with writing() as session:
        assert runs.to_ring(session, quiet=0, syncs=[*SYNCS]) == []


@pytest.mark.parametrize("name", list(ORDERED))
def test_a_worker_asks_once_and_does_not_try_again(template, monkeypatch, name):
    # A nightly slot may be free at the time of day of this test.
    monkeypatch.setattr(sweep, "SYNCS", {})
    template.key = "sk_other"
    run_id = opened(name)

    with pytest.raises(AuthenticationError, match="TEMPLATE_API_KEY"):
        engine.execute(resource(name), run_id)

    assert [entry.status for entry in template.log] == [401]
    expect_over(run_id)
    assert sweep.once() == []
    assert engine.execute(resource(name), run_id).status == "left"
    assert len(template.log) == 1
    assert isinstance(gate.request(resource(name), trigger="api"), gate.Waiting)
    assert (rows.count(SyncRun), rows.count(FailedTask)) == (1, 1)


def test_nor_a_key_that_is_taken_away_in_the_middle_of_a_walk(template):
    template.faults.add(Status(endpoint="paintings", status=401, page=2))
    run_id = opened("paintings")

    with pytest.raises(AuthenticationError):
        engine.execute(resource("paintings"), run_id)

    assert [entry.status for entry in template.log] == [200, 401]
    expect_over(run_id)


def test_nor_a_key_that_may_not(template):
    template.faults.add(Status(endpoint="users", status=403))
    run_id = opened("users")

    with pytest.raises(ForbiddenError):
        engine.execute(resource("users"), run_id)

    assert [entry.status for entry in template.log] == [403]
    expect_over(run_id)
