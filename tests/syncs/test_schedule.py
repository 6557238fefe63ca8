"""Scheduled instants: computed as Celery does, clock changes included, and claimed once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from celery.schedules import crontab
from hypothesis import given
from hypothesis import strategies as st

import core.settings
from core.broker import broker_url
from core.errors import ConfigurationError
from db import bulk
from db.models import JobSlot, SyncRun, SyncState
from db.session import reading
from syncs import gate
from syncs.crontabs import Slot, latest
from syncs.due import sweep
from syncs.due.schedule import claim_latest
from syncs.intervals import interval, schedule
from syncs.sources.catalogue import CATEGORIES, PRODUCTS
from tests.syncs.rows import change, count, dump, run
from tests.syncs.running import sync_now, taken

PARIS = ZoneInfo("Europe/Paris")
KINSHASA = ZoneInfo("Africa/Kinshasa")
NIGHTLY = crontab(minute="0", hour="2")
EVERY_TWO_HOURS = crontab(minute="5", hour="*/2")
SPRING = datetime(2027, 3, 28, tzinfo=PARIS)
AUTUMN = datetime(2027, 10, 31, tzinfo=PARIS)


def slots_of(cron: crontab, day: datetime, zone: ZoneInfo) -> list[str]:
    """The slots that somebody who looks every five minutes of this local day finds, in UTC."""
    start = day.astimezone(UTC)
    looks = [start + timedelta(minutes=n) for n in range(0, 25 * 60, 5)]
    found = {at(cron, look, zone) for look in looks if look.astimezone(zone).day == day.day}
    return [f"{slot.astimezone(UTC):%d %H:%M}" for slot in sorted(found) if slot >= start]


def at(cron: crontab, now: datetime, zone: ZoneInfo = PARIS) -> datetime:
    """The latest slot's instant, where there is one."""
    slot = latest(cron, now, zone)
    assert slot is not None
    return slot.at


def test_the_latest_slot_is_the_one_just_past():
    now = datetime(2026, 6, 1, 10, 7, tzinfo=UTC)

    assert latest(EVERY_TWO_HOURS, now, PARIS) == Slot(
        datetime(2026, 6, 1, 10, 5, tzinfo=UTC), timedelta(hours=2)
    )


def test_a_slot_begins_at_its_instant():
    now = datetime(2026, 6, 1, 10, 5, tzinfo=UTC)

    assert at(EVERY_TWO_HOURS, now) == now


def test_a_moment_before_its_instant_the_slot_before_is_the_latest():
    now = datetime(2026, 6, 1, 10, 4, 59, 999_999, tzinfo=UTC)

    assert at(EVERY_TWO_HOURS, now) == datetime(2026, 6, 1, 8, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        (crontab(minute="0", hour="3", day_of_month="1"), datetime(2026, 6, 1, 1, tzinfo=UTC)),
        (
            crontab(minute="0", hour="3", day_of_month="1", month_of_year="1"),
            datetime(2026, 1, 1, 2, tzinfo=UTC),
        ),
        (crontab(minute="0", hour="3", day_of_week="sun"), datetime(2026, 6, 14, 1, tzinfo=UTC)),
        (crontab(), datetime(2026, 6, 17, 12, tzinfo=UTC)),
    ],
    ids=["monthly", "yearly", "weekly", "every minute"],
)
def test_rare_and_frequent_schedules_have_a_latest_slot(cron, expected):
    assert at(cron, datetime(2026, 6, 17, 12, 0, 30, tzinfo=UTC)) == expected


def test_a_schedule_that_never_comes_has_none():
    never = crontab(minute="0", hour="0", day_of_month="29", month_of_year="2")

    assert latest(never, datetime(2027, 6, 1, tzinfo=UTC), PARIS) is None


@pytest.mark.parametrize(
    ("day", "slot"), [(SPRING, "28 01:00"), (AUTUMN, "31 00:00")], ids=["spring", "autumn"]
)
def test_the_night_the_clocks_change_has_one_nightly_slot(day, slot):
    assert slots_of(NIGHTLY, day, PARIS) == [slot]


def test_the_short_night_loses_no_slot():
    assert len(slots_of(EVERY_TWO_HOURS, SPRING, PARIS)) == 12


def test_the_long_night_repeats_no_slot():
    found = slots_of(EVERY_TWO_HOURS, AUTUMN, PARIS)

    assert found[:3] == ["30 22:05", "31 00:05", "31 03:05"]
    assert len(found) == 12


def test_where_no_clock_changes_a_day_is_a_day():
    assert slots_of(NIGHTLY, datetime(2027, 3, 28, tzinfo=KINSHASA), KINSHASA) == ["28 01:00"]


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001 - made aware below
    st.sampled_from([NIGHTLY, EVERY_TWO_HOURS, crontab(minute="30"), crontab(minute="*/15")]),
    st.sampled_from([PARIS, KINSHASA, ZoneInfo("America/New_York"), ZoneInfo("UTC")]),
)
def test_at_any_moment_the_latest_slot_is_past_and_the_next_is_not(moment, cron, zone):
    now = moment.replace(tzinfo=UTC)

    slot = latest(cron, now, zone)

    assert slot is not None
    assert slot.at <= now < slot.at + slot.period


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_schedule_is_counted_without_a_broker(store):
    with pytest.raises(ConfigurationError, match="REDIS_URL"):
        broker_url()

    assert latest(EVERY_TWO_HOURS, datetime(2026, 6, 1, tzinfo=UTC), PARIS) is not None


@pytest.fixture
def slot_now(store, monkeypatch):
    """Products are due once an hour, and were so this many minutes ago on the store's clock."""

    def due(*, minutes_ago: int) -> datetime:
        with reading() as session:
            now = bulk.now(session)
        begun = (now - timedelta(minutes=minutes_ago)).astimezone(PARIS)
        monkeypatch.setenv("SYNC_SCHEDULE_B2B_PRODUCTS", f"{begun.minute} * * * *")
        core.settings.reset()
        return begun.replace(second=0, microsecond=0)

    return due


def test_a_slot_starts_a_run(store, slot_now):
    slot_now(minutes_ago=3)

    answer = claim_latest(PRODUCTS, trigger="beat")

    assert isinstance(answer, gate.Enqueued)
    assert run(answer.run_id).trigger == "beat"


def test_a_slot_is_claimed_once(store, slot_now):
    slot_now(minutes_ago=3)

    first = claim_latest(PRODUCTS, trigger="beat")
    second = claim_latest(PRODUCTS, trigger="beat")

    assert isinstance(first, gate.Enqueued)
    assert second is None
    assert (count(JobSlot), count(SyncRun)) == (1, 1)


def test_two_beats_at_once_start_one_run(store, slot_now):
    slot_now(minutes_ago=3)
    together = Barrier(8)

    def beat(_: int) -> str:
        together.wait()
        return type(claim_latest(PRODUCTS, trigger="beat")).__name__

    with ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(beat, range(8)))

    assert answers == {"Enqueued": 1, "NoneType": 7}
    assert count(SyncRun) == 1


def test_a_missed_slot_is_caught_up_within_half_a_period(store, slot_now):
    slot_now(minutes_ago=28)

    assert isinstance(claim_latest(PRODUCTS, trigger="schedule"), gate.Enqueued)


def test_later_than_half_a_period_it_is_left_to_the_next(store, slot_now):
    slot_now(minutes_ago=32)

    assert claim_latest(PRODUCTS, trigger="schedule") is None
    assert (count(JobSlot), count(SyncRun)) == (0, 0)


def test_a_slot_of_fresh_data_runs(b2b, slot_now):
    sync_now(PRODUCTS)
    slot_now(minutes_ago=3)

    assert isinstance(claim_latest(PRODUCTS, trigger="beat"), gate.Enqueued)


def test_a_slot_knows_the_run_it_started(store, slot_now):
    begun = slot_now(minutes_ago=3)
    answer = claim_latest(PRODUCTS, trigger="beat")
    assert isinstance(answer, gate.Enqueued)

    [slot] = dump(JobSlot)["job_slots"]
    assert begun in slot
    assert answer.run_id in slot


def test_the_sweeper_claims_the_slot_nobody_claimed(store, slot_now, monkeypatch):
    monkeypatch.setenv("SYNC_SCHEDULE_B2B_CATEGORIES", "")
    slot_now(minutes_ago=3)

    assert [task for task, _ in sweep.once()] == ["sync.b2b.products"]
    assert sweep.once() == []


def test_the_sweeper_rings_for_a_run_nobody_answers(b2b, no_schedule):
    run_id = taken(PRODUCTS)

    assert sweep.once() == [("sync.b2b.products", run_id)]
    change(SyncRun, run_id, rung_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert sweep.once() == [("sync.b2b.products", run_id)]


def test_the_sweeper_leaves_a_run_that_is_paused_or_must_wait(b2b, no_schedule):
    run_id = taken(PRODUCTS)
    change(SyncRun, run_id, not_before=datetime(2100, 1, 1, tzinfo=UTC))
    assert sweep.once() == []

    change(SyncRun, run_id, not_before=None)
    change(SyncState, PRODUCTS.name, paused=True)
    assert sweep.once() == []


@pytest.fixture
def no_schedule(monkeypatch) -> None:
    """Nothing runs by itself."""
    monkeypatch.setenv("SYNC_SCHEDULE_B2B_PRODUCTS", "")
    monkeypatch.setenv("SYNC_SCHEDULE_B2B_CATEGORIES", "")
    core.settings.reset()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_empty_setting_schedules_nothing(store, no_schedule):
    assert schedule(PRODUCTS) is None
    assert claim_latest(PRODUCTS, trigger="beat") is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_setting_replaces_the_declared_schedule(store, monkeypatch):
    monkeypatch.setenv("SYNC_SCHEDULE_B2B_PRODUCTS", "15 4 * * *")
    core.settings.reset()

    assert schedule(PRODUCTS) == crontab(minute="15", hour="4")
    assert schedule(CATEGORIES) == CATEGORIES.schedule


@pytest.mark.parametrize("text", ["often", "* * * *", "61 * * * *", "* * * * * *"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_schedule_that_is_none_is_refused_by_name(store, monkeypatch, text):
    monkeypatch.setenv("SYNC_SCHEDULE_B2B_PRODUCTS", text)
    core.settings.reset()

    with pytest.raises(ConfigurationError, match="SYNC_SCHEDULE_B2B_PRODUCTS"):
        schedule(PRODUCTS)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_interval_is_two_hours_for_all_or_a_sync_s_own(store, monkeypatch):
    assert interval("b2b.products") == 7200
    monkeypatch.setenv("SYNC_INTERVAL_SECONDS", "600")
    monkeypatch.setenv("SYNC_INTERVAL_B2B_PRODUCTS", "60")
    core.settings.reset()
    assert (interval("b2b.products"), interval("b2b.categories")) == (60, 600)
