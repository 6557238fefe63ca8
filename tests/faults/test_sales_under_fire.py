"""Four tills sell while everything dies around them: nothing is lost, nothing happens twice."""

from __future__ import annotations

import time

import pytest

from tests.faults import shopfloor
from tests.faults.checker import dishonest, examine
from tests.faults.generator import Habits, Sent, SentSale, Tills, post
from tests.faults.nemesis import Nemesis, restart_softly
from tests.faults.stage import SECONDS, chance, tell
from tests.servers import until

FIRE = SECONDS or 25
LEASE = 60
WHOLE = 60
"""From so many seconds of fire on, no lease is cut short at its end."""
TILLS = Habits(prefer=("respond-async", "respond-async", "wait=1", ""))


def fire_seconds(database_url: str) -> float:
    """On SQLite half as long."""
    return FIRE if database_url.startswith("postgresql") else FIRE / 2


@pytest.mark.timeout(2 * FIRE + 4 * LEASE)
def test_nothing_is_lost_and_nothing_happens_twice_under_fire(cast_of, database_url, seed):
    floor, cast = shopfloor.furnish(), cast_of()
    nemesis = Nemesis(cast, chance(seed))
    with Tills(floor, cast.web.url, seed=seed, habits=TILLS) as tills:
        nemesis.rage(fire_seconds(database_url))
    if FIRE < WHOLE:
        nemesis.act("leases")
    started = time.monotonic()
    shopfloor.drain(patience=LEASE + 30, processes=cast.processes)

    verdict = examine(floor, tills.sent)
    tell(*nemesis.done, tills, f"drained in {time.monotonic() - started:.1f} s", verdict)
    assert verdict.clean, verdict
    assert dishonest(tills.misses, web=nemesis.web_away, store=nemesis.store_away) == []
    assert [process.alive for process in cast.processes] == [True] * 3


@pytest.mark.timeout(200)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_without_a_sweeper_the_same_fire_loses_sales(stage, cast_of, seed):
    floor, cast = shopfloor.furnish(), cast_of(sweeper=False)
    nemesis = Nemesis(cast, chance(seed))
    with Tills(floor, cast.web.url, seed=seed) as tills:
        until(tills.more_than(10), what="sales")
        # Batches pile up while the worker starts again, and then their messages are gone.
        nemesis.act("worker", "redis")
        until(tills.more_than(tills.accepted() + 10), what="sales after it")
    sent = [*tills.sent, *_later_batches(cast.web.url, floor)]

    verdict = examine(floor, sent)
    tell(*nemesis.done, tills, verdict)
    assert verdict.lost
    assert verdict.unfinished
    assert not verdict.twice
    assert not verdict.wrong

    # And a worker as it should be finds them all.
    nemesis.act("leases")
    stage.worker("-n", "late@%h", "-Q", "sales")
    shopfloor.drain(patience=40)
    assert examine(floor, sent).clean


@pytest.mark.timeout(FIRE + 200)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_restarts_as_of_a_deployment_lose_nothing(cast_of, seed):
    floor, cast = shopfloor.furnish(), cast_of()
    nemesis = Nemesis(cast, chance(seed))
    end = time.monotonic() + SECONDS
    rounds = 0
    with Tills(floor, cast.web.url, seed=seed, habits=TILLS) as tills:
        while rounds == 0 or time.monotonic() < end:
            restart_softly([cast.sync, cast.sales])
            with nemesis.away_web():
                restart_softly([cast.web.process])
                cast.web.wait()
            rounds += 1
    # Told to stop, nobody leaves a batch half done: no lease has to run out.
    shopfloor.drain(patience=30)

    verdict = examine(floor, tills.sent)
    tell(f"{rounds} rounds", tills, verdict)
    assert verdict.clean, verdict
    assert dishonest(tills.misses, web=nemesis.web_away) == []


def _later_batches(url: str, floor: shopfloor.Floor) -> list[Sent]:
    """Some until one is worked off: what was rung for before is by then too, or never will be."""
    counter, found = floor.counters[0], list[Sent]()

    def answered() -> bool:
        sale = SentSale(f"LATE-{len(found)}", [(counter.articles[0], 1)])
        found.append(Sent(counter, [sale], accepted=True))
        if post(url, found[-1], prefer="wait=1").status_code == 201:
            return True
        # While the doorbell rests it answers at once.
        time.sleep(0.5)
        return False

    until(answered, what="a later batch")
    return found
