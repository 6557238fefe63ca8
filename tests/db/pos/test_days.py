"""Business days: a night belongs to its evening, on days of 23 and 25 hours as well."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.pos.days import business_date

PARIS = "Europe/Paris"
ZONES = st.sampled_from([PARIS, "America/New_York", "Africa/Bamako", "Asia/Kathmandu"])
CUTS = st.times().map(lambda time: time.strftime("%H:%M"))


def day(moment: str, cut: str = "00:00", zone: str = PARIS) -> date:
    """The day of a moment in UTC."""
    return business_date(datetime.fromisoformat(moment), zone=zone, day_starts_at=cut)


@pytest.mark.parametrize(
    ("moment", "cut", "expected"),
    [
        ("2026-11-20T22:59:59Z", "00:00", 20),
        ("2026-11-20T23:00:00Z", "00:00", 21),
        # 01:30 in a bar that closes at two belongs to the evening.
        ("2026-11-21T00:30:00Z", "05:00", 20),
        ("2026-11-21T03:59:59Z", "05:00", 20),
        ("2026-11-21T04:00:00Z", "05:00", 21),
        ("2026-11-01T00:30:00Z", "05:00", 31),
    ],
)
def test_a_day_begins_where_the_shop_says(moment, cut, expected):
    assert day(moment, cut).day == expected


def test_a_day_is_one_of_the_till_s_own_zone():
    moment = "2026-11-20T20:30:00Z"

    assert [day(moment, zone=zone).day for zone in (PARIS, "Indian/Reunion")] == [20, 21]


@pytest.mark.parametrize(
    ("date_", "cut", "hours"),
    [
        (date(2026, 10, 25), "00:00", 25),
        (date(2026, 10, 24), "05:00", 25),
        (date(2026, 10, 25), "05:00", 24),
        (date(2026, 3, 29), "00:00", 23),
        (date(2026, 3, 28), "05:00", 23),
        # A cut in the hour that comes twice, and one in the hour that never comes.
        (date(2026, 10, 25), "02:30", 25),
        (date(2026, 3, 29), "02:30", 23.5),
    ],
)
def test_a_day_has_as_many_hours_as_the_clock_gives_it(date_, cut, hours):
    noon = datetime(date_.year, date_.month, date_.day, 12, tzinfo=UTC)
    moments = [noon + timedelta(minutes=15 * n) for n in range(-96, 96 + 96)]

    counted = [each for each in moments if day(each.isoformat(), cut) == date_]

    assert len(counted) == hours * 4
    assert counted[-1] - counted[0] == timedelta(hours=hours, minutes=-15)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), CUTS, ZONES)  # noqa: DTZ001 - made aware below
def test_days_never_go_back(moment, cut, zone):
    first = moment.replace(tzinfo=UTC)
    days = [
        business_date(first + timedelta(minutes=10 * n), zone=zone, day_starts_at=cut)
        for n in range(24)
    ]

    assert days == sorted(days)
    assert abs((days[0] - first.astimezone(ZoneInfo(zone)).date()).days) <= 1
