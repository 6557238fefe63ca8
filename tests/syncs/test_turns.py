"""Two people give one order in one instant: it happens once, and the second is told."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from core.errors import RefusedError
from db.access import audit
from db.session import reading, writing
from db.work import failures, rejects
from syncs.acts import failures as acts_of_failures
from syncs.acts import rejects as acts_of_rejects
from syncs.acts import runs as acts_of_runs
from syncs.acts.by import By
from tests.cli import given

GOOD = {"id": 7, "name": "Rice", "price": "12.50", "stock": 4}


def approve(ident):
    acts_of_runs.approve(ident, by=By("cli:awa"))


def replay_it(ident):
    acts_of_rejects.replay(ident, by=By("cli:awa"))


def discard(ident):
    with writing() as session:
        rejects.settle(session, rejects.find(session, ident), "discarded", "a test")


def dismiss(ident):
    with writing() as session:
        failed = failures.find(session, ident)
        failures.close(session, failed, "dismissed", who="cli:awa", why="a test")


def retry_it(ident):
    acts_of_failures.retry(ident, by=By("cli:awa"))


ORDERS = {
    approve: lambda: given.run(status="needs_approval"),
    replay_it: lambda: given.reject(GOOD),
    discard: lambda: given.reject(GOOD),
    dismiss: given.failure,
    retry_it: lambda: given.failed_run()[1],
}


@pytest.mark.parametrize("order", ORDERS)
def test_of_two_at_once_one_is_refused(store, order):
    ident, ready = ORDERS[order](), Barrier(4)

    def give(_):
        ready.wait()
        try:
            order(ident)
        except RefusedError:
            return "refused"
        return "done"

    with ThreadPoolExecutor(4) as people:
        found = sorted(people.map(give, range(4)))

    assert found == ["done", "refused", "refused", "refused"]
    with reading() as session:
        assert len(audit.recent(session)) <= 1
