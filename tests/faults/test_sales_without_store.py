"""Without its store nothing can be promised: the tills are told so, and nothing is half kept."""

from __future__ import annotations

import time

import pytest

from tests.faults import shopfloor
from tests.faults.checker import dishonest, examine
from tests.faults.generator import Habits, Tills
from tests.faults.nemesis import SLACK
from tests.faults.stage import SECONDS, tell
from tests.servers import until

AWAY = SECONDS or 10
STEADY = Habits(prefer=("respond-async", "wait=1"), pace=(0.0, 0.3), hurried=0)


@pytest.mark.timeout(AWAY + 150)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_while_postgresql_is_down_tills_are_told_503_and_then_all_is_well(
    stage, postgresql_server, seed
):
    floor, (web, worker) = shopfloor.furnish(), stage.pair()
    with Tills(floor, web.url, seed=seed, habits=STEADY) as tills:
        until(tills.more_than(10), what="sales")
        down = time.monotonic()
        postgresql_server.stop()
        time.sleep(AWAY)
        before = [sent for sent in tills.sent if sent.accepted]
        postgresql_server.start()
        up = time.monotonic()
        until(tills.more_than(len(before) + 10), what="sales after it")
    # What a worker had in its hands stays its own until the lease ends.
    shopfloor.expire_leases()
    shopfloor.drain(patience=40)

    verdict = examine(floor, tills.sent)
    refused = [miss for miss in tills.misses if miss.status == 503]
    longest = max(miss.ended - miss.asked for miss in refused)
    tell(tills, f"{len(refused)} times 503, the longest took {longest:.2f} s", verdict)
    assert verdict.clean, verdict
    assert dishonest(tills.misses, store=[(down, up + SLACK)]) == []
    assert len(refused) > 10
    assert longest < 3
    assert worker.alive
