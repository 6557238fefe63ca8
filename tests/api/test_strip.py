"""Fourteen days at a glance."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from api.console.strip import DAYS, Day, days
from db import bulk
from db.models import SyncRun
from db.session import reading, writing
from db.work import overview

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)


def at(day: int, hour: int, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def test_there_are_fourteen_days_and_today_is_the_last():
    found = days([], NOW, PARIS)

    assert len(found) == DAYS == 14
    assert found[0] == Day(date(2026, 11, 8), None, 0)
    assert found[-1] == Day(date(2026, 11, 21), None, 0)


def test_a_day_is_as_good_as_its_worst_run():
    runs = [
        (at(20, 8), "succeeded"), (at(20, 10), "partial"), (at(20, 12), "succeeded"),
        (at(19, 8), "partial"), (at(19, 9), "failed"),
        (at(18, 9), "succeeded"), (at(18, 9), "cancelled"),
        (at(17, 9), "needs_approval"), (at(17, 9), "partial"),
    ]  # fmt: skip

    found = {day.day.day: (day.status, day.runs) for day in days(runs, NOW, PARIS)}

    assert found[20] == ("partial", 3)
    assert found[19] == ("failed", 2)
    assert found[18] == ("cancelled", 2)
    assert found[17] == ("needs_approval", 2)


def test_what_has_not_ended_says_nothing_about_its_day():
    runs = [(at(21, 8), status) for status in ("due", "running", "superseded")]

    assert days(runs, NOW, PARIS)[-1] == Day(date(2026, 11, 21), None, 0)


def test_days_are_those_of_the_clock_on_the_wall():
    runs = [(at(19, 23), "succeeded"), (at(7, 22), "succeeded"), (at(7, 23), "failed")]

    found = {day.day: day.status for day in days(runs, NOW, PARIS)}

    assert found[date(2026, 11, 20)] == "succeeded"
    assert found[date(2026, 11, 8)] == "failed"
    assert found[date(2026, 11, 19)] is None


def test_a_day_of_twenty_five_hours_is_one_day():
    # The clocks go back in the night to 25 October: 22:30 UTC is half past midnight.
    now = at(26, 12, month=10)
    runs = [
        (at(24, 22, month=10) + timedelta(minutes=30), "succeeded"),
        (at(25, 22, month=10) + timedelta(minutes=30), "succeeded"),
        (at(25, 23, month=10), "failed"),
    ]

    found = {day.day: (day.status, day.runs) for day in days(runs, now, PARIS)}

    assert found[date(2026, 10, 25)] == ("succeeded", 2)
    assert found[date(2026, 10, 26)] == ("failed", 1)


def test_the_store_tells_the_runs_of_a_sync_since_a_moment(store):
    with reading() as session:
        now = bulk.now(session)
    rows = (
        ("b2b.products", timedelta(days=20), "failed"),
        ("b2b.products", timedelta(days=13), "succeeded"),
        ("b2b.products", timedelta(hours=1), "partial"),
        ("b2b.categories", timedelta(hours=1), "failed"),
        ("b2b.products", None, "due"),
    )
    with writing() as session:
        for sync, ago, status in rows:
            began = now - ago if ago is not None else None
            session.add(SyncRun(sync=sync, options={}, trigger="cli", status=status, counts={},
                                started_at=began, finished_at=began))  # fmt: skip

    with reading() as session:
        found = overview.runs_since(session, "b2b.products", now - timedelta(days=14))

    assert sorted(status for _, status in found) == ["partial", "succeeded"]
    assert [day.status for day in days(found, now, PARIS)].count(None) == 12
