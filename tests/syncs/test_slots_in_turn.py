"""Slots as the hours go by: two beats ask for each of them, and each has one run.

Slots go by the database's clock, which no time machine reaches: SQLite's is in its own C code,
PostgreSQL's in another process. ``now`` stands for it. The clock of the beats' own process, which
Celery's crontabs would read by themselves, is moved by a time machine, and may be wrong.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
import time_machine

import core.settings
from db.models import JobSlot, SyncRun
from db.session import reading, writing
from syncs import gate
from syncs.due.schedule import claim_latest, following
from syncs.sources.catalogue import PRODUCTS

PARIS = ZoneInfo("Europe/Paris")
SPRING = datetime(2027, 3, 28, tzinfo=PARIS)
AUTUMN = datetime(2027, 10, 31, tzinfo=PARIS)


class Beats:
    """Two beats that look at the same moment, and a worker that ends what they begin.

    Their own clock is ``fast`` by so much.
    """

    def __init__(self, pool: ThreadPoolExecutor, clock: time_machine.Traveller) -> None:
        self.pool = pool
        self.clock = clock
        self.fast = timedelta(0)
        self.living = 2

    def look(self, now: datetime) -> int:
        """How many runs begin when the database's clock says ``now``."""
        self.clock.move_to(now + self.fast, tick=False)
        together = Barrier(self.living)

        def claim(_: int) -> bool:
            together.wait()
            answer = claim_latest(PRODUCTS, trigger="beat", now=now)
            return isinstance(answer, gate.Enqueued)

        begun = sum(self.pool.map(claim, range(self.living)))
        with writing() as session:
            for row in session.query(SyncRun).filter_by(status="due"):
                row.status = "succeeded"
        return begun


@pytest.fixture
def beats(store):
    with ThreadPoolExecutor(2) as pool, time_machine.travel(SPRING, tick=False) as clock:
        yield Beats(pool, clock)


def schedule(monkeypatch, crontab):
    monkeypatch.setenv("SYNC_SCHEDULE_B2B_PRODUCTS", crontab)
    core.settings.reset()


def slots() -> list[datetime]:
    with reading() as session:
        return [row.slot for row in session.query(JobSlot).order_by(JobSlot.slot)]


def runs() -> int:
    with reading() as session:
        return session.query(SyncRun).count()


def test_ten_slots_have_ten_runs_though_a_beat_dies_and_comes_back(beats, monkeypatch):
    schedule(monkeypatch, "*/10 * * * *")
    start, begun = datetime(2026, 6, 1, 8, tzinfo=UTC), []
    for seconds in range(0, 100 * 60, 20):
        # One is dead from the fourth slot to the eighth, and misses nothing that matters.
        beats.living = 1 if 35 * 60 <= seconds < 75 * 60 else 2
        begun.append(beats.look(start + timedelta(seconds=seconds)))

    assert slots() == [start + timedelta(minutes=n) for n in range(0, 100, 10)]
    assert runs() == sum(begun) == 10
    assert max(begun) == 1


def test_a_clock_that_is_set_back_repeats_no_slot(beats, monkeypatch):
    schedule(monkeypatch, "*/10 * * * *")
    start = datetime(2026, 6, 1, 8, tzinfo=UTC)
    for minutes in (0, 10, 5, 0, 12, 20):
        beats.look(start + timedelta(minutes=minutes))

    assert runs() == len(slots()) == 3


@pytest.mark.parametrize("hours", [0, 3, -3], ids=["right", "fast", "slow"])
@pytest.mark.parametrize(
    ("day", "at"),
    [(SPRING, "2027-03-28 01:00"), (AUTUMN, "2027-10-31 00:00")],
    ids=["spring", "autumn"],
)
def test_the_night_the_clocks_change_has_one_run_at_two(beats, monkeypatch, day, at, hours):
    beats.fast = timedelta(hours=hours)
    schedule(monkeypatch, "0 2 * * *")
    midnight = day.astimezone(UTC)
    begun = {
        look: beats.look(look)
        for look in (midnight + timedelta(minutes=10 * n) for n in range(6 * 6))
    }

    # Of the first looks the slot is the day before's, missed by more than half a day.
    assert [f"{slot.astimezone(UTC):%Y-%m-%d %H:%M}" for slot in slots()] == [at]
    assert {look: n for look, n in begun.items() if n} == {slots()[0]: 1}
    assert runs() == 1


@pytest.mark.parametrize("day", [SPRING, AUTUMN], ids=["spring", "autumn"])
def test_three_days_around_the_change_have_three_runs(beats, monkeypatch, day):
    schedule(monkeypatch, "0 2 * * *")
    start = (day - timedelta(days=1)).astimezone(UTC)
    for minutes in range(0, 71 * 60, 20):
        beats.look(start + timedelta(minutes=minutes))

    assert runs() == len(slots()) == 3
    assert len({slot.astimezone(PARIS).date() for slot in slots()}) == 3


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_following_instant_is_in_utc(store, monkeypatch):
    schedule(monkeypatch, "0 2 * * *")

    found = following(PRODUCTS, datetime(2027, 3, 27, 12, tzinfo=UTC))

    assert found == datetime(2027, 3, 28, 1, tzinfo=UTC)
    assert found.utcoffset() == timedelta(0)
    schedule(monkeypatch, "")
    assert following(PRODUCTS, datetime(2027, 3, 27, 12, tzinfo=UTC)) is None
