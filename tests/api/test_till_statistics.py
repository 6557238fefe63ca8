"""The shop's figures: its days, its currency, exact sums."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from db import bulk
from db.session import reading
from tests import sold
from tests.api.looking import read, refused

PATH = "statistiques/"
PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2026, 11, 21, 11, tzinfo=UTC)
MS = timedelta(milliseconds=1)
MOST = Decimal("99999999999999.9999")


@pytest.fixture
def shop(store) -> int:
    """A shop in Paris that counts in Congolese francs."""
    return sold.shop(currency="CDF")


def by_day(document) -> dict[str, int]:
    return {day["jour"]: day["nombre_ventes"] for day in document["par_jour"]}


def today(zone=PARIS) -> date:
    with reading() as session:
        return bulk.now(session).astimezone(zone).date()


def test_everything_is_counted(app, shop):
    tea, rice = sold.article(shop, "Thé"), sold.article(shop, "Riz")
    sold.sale(shop, NOON, [(tea, 3, "0.3333")])
    sold.sale(shop, NOON, [(rice, 1, "40000"), (tea, 1, "1")], paid=False, payment_method="CARTE")
    sold.sale(shop, NOON + timedelta(days=1), [(rice, -1, "2.5")])
    sold.sale(sold.shop("Autre"), NOON)

    assert read(app, shop, PATH, depuis="2026-11-01", jusqua="2026-11-30") == {
        "boutique_id": shop,
        "boutique_nom": "Ma Boutique",
        "devise": "CDF",
        "depuis": "2026-11-01",
        "jusqua": "2026-11-30",
        "total": {
            "nombre_ventes": 3,
            "montant_total": "39999.4999",
            "nombre_articles": 4,
            "remboursements": 1,
            "impayees": {"nombre_ventes": 1, "montant_total": "40001.00"},
        },
        "par_jour": [
            {"jour": "2026-11-21", "nombre_ventes": 2, "montant_total": "40001.9999"},
            {"jour": "2026-11-22", "nombre_ventes": 1, "montant_total": "-2.50"},
        ],
        "par_mode_paiement": [
            {"mode_paiement": "CARTE", "nombre_ventes": 1, "montant_total": "40001.00"},
            {"mode_paiement": "CASH", "nombre_ventes": 2, "montant_total": "-1.5001"},
        ],
        "top_articles": [
            {"article_id": tea, "article_nom": "Thé", "quantite": 4, "montant_total": "1.9999"}
        ],
    }


def test_a_shop_without_sales_has_zeros(app, shop):
    document = read(app, shop, PATH)

    assert document["total"] == {
        "nombre_ventes": 0,
        "montant_total": "0.00",
        "nombre_articles": 0,
        "remboursements": 0,
        "impayees": {"nombre_ventes": 0, "montant_total": "0.00"},
    }
    assert document["par_jour"] == document["par_mode_paiement"] == document["top_articles"] == []


@pytest.mark.parametrize("path", [PATH, PATH.rstrip("/")])
def test_without_a_period_it_is_the_shops_last_thirty_days(app, shop, path):
    day = today()
    first = datetime.combine(day - timedelta(29), datetime.min.time(), PARIS)
    sold.sale(shop, first.astimezone(UTC) - MS)
    sold.sale(shop, first.astimezone(UTC))

    document = read(app, shop, path)

    assert document["depuis"] == (day - timedelta(29)).isoformat()
    assert document["jusqua"] == day.isoformat()
    assert by_day(document) == {document["depuis"]: 1}


def test_half_a_period_is_completed(app, shop):
    until = read(app, shop, PATH, jusqua="2026-03-01")
    since = read(app, shop, PATH, depuis=(today() - timedelta(3)).isoformat())

    assert (until["depuis"], until["jusqua"]) == ("2026-01-31", "2026-03-01")
    assert since["jusqua"] == today().isoformat()


@pytest.mark.parametrize(
    ("zone", "first", "moments"),
    [
        # The clock goes forward: a day of 23 hours.
        ("Europe/Paris", "2026-03-28", ["2026-03-27T23:00", "2026-03-28T23:00", "2026-03-29T22:00",
                                        "2026-03-30T22:00"]),
        # And back: one of 25.
        ("Europe/Paris", "2026-10-24", ["2026-10-23T22:00", "2026-10-24T22:00", "2026-10-25T23:00",
                                        "2026-10-26T23:00"]),
        # At midnight itself: the day begins at one o'clock.
        ("Africa/Cairo", "2026-04-23", ["2026-04-22T22:00", "2026-04-23T22:00", "2026-04-24T21:00",
                                        "2026-04-25T21:00"]),
        # Back at midnight: the hour before it comes twice, and is the old day's both times.
        ("Africa/Cairo", "2026-10-29", ["2026-10-28T21:00", "2026-10-29T22:00", "2026-10-30T22:00",
                                        "2026-10-31T22:00"]),
        # Midnight comes twice: the day begins with the first.
        ("America/Havana", "2026-10-31", ["2026-10-31T04:00", "2026-11-01T04:00",
                                          "2026-11-02T05:00", "2026-11-03T05:00"]),
        ("Asia/Kathmandu", "2026-11-20", ["2026-11-19T18:15", "2026-11-20T18:15",
                                          "2026-11-21T18:15", "2026-11-22T18:15"]),
        ("Africa/Kinshasa", "2026-11-20", ["2026-11-19T23:00", "2026-11-20T23:00",
                                           "2026-11-21T23:00", "2026-11-22T23:00"]),
    ],
)  # fmt: skip
def test_days_are_the_shops_whatever_its_clock_does(app, store, zone, first, moments):
    shop = sold.shop(timezone=zone)
    *starts, stop = (datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in moments)
    for start in starts:
        sold.sale(shop, start)
        sold.sale(shop, start - MS)
    sold.sale(shop, stop - MS)
    sold.sale(shop, stop)
    days = [date.fromisoformat(first) + timedelta(n) for n in range(3)]

    document = read(app, shop, PATH, depuis=first, jusqua=days[-1].isoformat())

    assert by_day(document) == {day.isoformat(): 2 for day in days}
    assert document["total"]["nombre_articles"] == 6


def test_a_day_that_a_shop_never_had_is_empty(app, store):
    shop = sold.shop(timezone="Pacific/Apia")
    sold.sale(shop, datetime(2011, 12, 30, 9, tzinfo=UTC))
    sold.sale(shop, datetime(2011, 12, 30, 11, tzinfo=UTC))

    document = read(app, shop, PATH, depuis="2011-12-28", jusqua="2012-01-02")

    assert by_day(document) == {"2011-12-29": 1, "2011-12-31": 1}


def test_moments_cut_the_first_and_the_last_day(app, shop):
    for hour in range(24):
        sold.sale(shop, datetime(2026, 11, 20, 23, tzinfo=UTC) + timedelta(hours=hour))
        sold.sale(shop, datetime(2026, 11, 21, 23, tzinfo=UTC) + timedelta(hours=hour))

    document = read(app, shop, PATH, depuis="2026-11-21T22:00", jusqua="2026-11-22T00:00:00Z")

    assert by_day(document) == {"2026-11-21": 2, "2026-11-22": 1}
    assert document["total"]["nombre_ventes"] == document["total"]["nombre_articles"] == 3
    assert document["depuis"] == "2026-11-21T22:00:00.000+01:00"
    assert document["jusqua"] == "2026-11-22T01:00:00.000+01:00"


def test_a_moment_at_midnight_ends_the_day_before(app, shop):
    sold.sale(shop, NOON)

    document = read(app, shop, PATH, depuis="2026-11-21", jusqua="2026-11-22T00:00")

    assert by_day(document) == {"2026-11-21": 1}


def test_ten_articles_are_the_top(app, shop):
    lines = [(sold.article(shop, f"A{n}"), n, "1") for n in range(1, 13)]
    sold.sale(shop, NOON, lines)

    document = read(app, shop, PATH, jusqua="2026-11-30")

    assert [article["quantite"] for article in document["top_articles"]] == list(range(12, 2, -1))


def test_no_sum_is_too_large(app, shop):
    for paid in (True, False):
        for _ in range(11):
            sold.sale(shop, NOON, total=MOST, paid=paid)

    document = read(app, shop, PATH, jusqua="2026-11-30")

    assert document["total"]["montant_total"] == str(22 * MOST)
    assert document["par_jour"][0]["montant_total"] == str(22 * MOST)
    assert document["total"]["impayees"]["montant_total"] == str(11 * MOST)


def test_a_leap_year_is_the_longest_period(app, shop):
    sold.sale(shop, NOON)

    document = read(app, shop, PATH, depuis="2025-11-21", jusqua="2026-11-21")

    assert by_day(document) == {"2026-11-21": 1}


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"depuis": "2025-11-20", "jusqua": "2026-11-21"}, "depuis"),
        ({"depuis": "2001-01-01"}, "depuis"),
        ({"depuis": "0001-01-01", "jusqua": "9999-12-31"}, "depuis"),
        ({"depuis": "2026-11-21", "jusqua": "2026-11-20"}, "jusqua"),
        ({"depuis": "2026-11-21T12:00", "jusqua": "2026-11-21T11:59"}, "jusqua"),
        ({"depuis": "2199-01-01"}, "jusqua"),
        ({"depuis": "2026-13-01"}, "depuis"),
        ({"limit": "3"}, "limit"),
        ({"cursor": "3"}, "cursor"),
    ],
    ids=str,
)
def test_a_wrong_period_is_refused(app, shop, query, named):
    assert refused(app, shop, PATH, **query)[0] == named


@pytest.mark.parametrize("edge", ["0001-01-01", "9999-12-31", "0001-01-01T00:00-12:00"])
def test_a_period_at_the_end_of_time_is_empty(app, shop, edge):
    sold.sale(shop, NOON)

    assert by_day(read(app, shop, PATH, depuis=edge, jusqua=edge)) == {}
