"""Days in SQL: the database gives each moment the number that Python gives it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from db.models import Sale
from db.session import reading
from db.tills import days
from tests import sold

MS = timedelta(milliseconds=1)


def of(zone: str, first: str, count: int) -> list[days.Bounds]:
    """``count`` days of ``zone`` from ``first`` on."""
    every = [date.fromisoformat(first) + timedelta(n) for n in range(count + 1)]
    starts = [datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC) for day in every]
    return list(pairwise(starts))


@pytest.mark.parametrize(
    ("zone", "first", "count", "expected"),
    [
        ("Europe/Paris", "2026-06-01", 1, 1),
        ("Europe/Paris", "2026-06-01", 90, 1),
        ("Europe/Paris", "2026-01-01", 365, 5),
        ("Europe/Paris", "2026-03-29", 2, 2),
        ("Africa/Kinshasa", "2026-01-01", 366, 1),
        ("Pacific/Apia", "2011-12-25", 10, 3),
    ],
)
def test_days_of_one_length_stand_together(zone, first, count, expected):
    found = list(days.runs(of(zone, first, count)))

    assert len(found) == expected
    assert found[0].first == 0
    assert (found[0].start, found[-1].stop) == (
        of(zone, first, count)[0][0],
        of(zone, first, count)[-1][1],
    )
    for one, following in pairwise(found):
        assert one.stop == following.start
        assert one.first < following.first < count


def cut(bounds: list[days.Bounds], start: timedelta, stop: timedelta) -> list[days.Bounds]:
    """The same days without the first's beginning and the last's end."""
    found = bounds.copy()
    found[0] = (found[0][0] + start, found[0][1])
    found[-1] = (found[-1][0], found[-1][1] - stop)
    return found


@pytest.mark.parametrize(
    "bounds",
    [
        of("Europe/Paris", "2026-03-27", 5),
        of("Europe/Paris", "2026-10-23", 5),
        of("Africa/Cairo", "2026-04-22", 4),
        of("America/Havana", "2026-10-30", 4),
        of("Pacific/Apia", "2011-12-28", 5),
        of("Asia/Kathmandu", "1969-12-30", 4),
        cut(of("Europe/Paris", "2026-11-20", 3), 3 * MS, timedelta(hours=2)),
        # What is left of a day of 25 hours is 24 hours long.
        cut(of("Europe/Paris", "2026-10-25", 1), 1_800_500 * MS, 1_799_500 * MS),
        cut(of("Europe/Paris", "2026-10-25", 2), timedelta(hours=1), timedelta(hours=1)),
    ],
    ids=lambda bounds: str(bounds[0][0]),
)
def test_a_moment_is_in_the_day_whose_bounds_it_is_within(store, bounds):
    shop = sold.shop()
    edges = {edge for day in bounds for edge in day}
    moments = {edge + near for edge in edges for near in (-999 * MS, -MS, 0 * MS, MS, 999 * MS)}
    moments |= {start + (stop - start) // MS // 2 * MS for start, stop in bounds}
    for moment in moments:
        sold.sale(shop, moment)

    run = days.table(bounds)
    query = select(Sale.sold_at, days.number(run, Sale.sold_at)).join(
        run, days.within(run, Sale.sold_at)
    )
    with reading() as session:
        found = dict(session.execute(query).all())

    assert found == {
        moment: number
        for moment in moments
        for number, (start, stop) in enumerate(bounds)
        if start <= moment < stop
    }
