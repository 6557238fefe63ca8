"""The shop's sales as its tills read them: newest first, in pages, in the shop's time."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update

from db.models import Sale
from db.session import writing
from tests import sold
from tests.api.looking import look, read, refused, walk

PATH = "ventes/historique/"
NOON = datetime(2026, 11, 21, 11, tzinfo=UTC)
MS = timedelta(milliseconds=1)


@pytest.fixture
def shop(store) -> int:
    """A shop in Paris."""
    return sold.shop()


def numbers(document) -> list[str]:
    return [sale["numero_facture"] for sale in document["results"]]


def sell(shop, at, number, **values) -> None:
    sold.sale(shop, at, invoice_number=number, **values)


def test_a_sale_is_shown_as_the_till_sent_it(app, shop):
    tea = sold.article(shop, "Thé", "0.3333")
    rice = sold.article(shop, "Riz", "2.50")
    lines = [(tea, 3, "0.3333"), (rice, -2, "40000")]
    sell(shop, NOON + 123 * MS, "VENTE-1", lines=lines, paid=False, received_at=NOON + 5000 * MS)

    assert read(app, shop, PATH) == {
        "boutique_id": shop,
        "boutique_nom": "Ma Boutique",
        "results": [
            {
                "numero_facture": "VENTE-1",
                "montant_total": "-79999.0001",
                "mode_paiement": "CASH",
                "paye": False,
                "date_vente": "2026-11-21T12:00:00.123+01:00",
                "date_reception": "2026-11-21T12:00:05.000+01:00",
                "terminal": f"Caisse {shop}",
                "remise": None,
                "lignes": [
                    {
                        "article_id": tea,
                        "article_nom": "Thé",
                        "quantite": 3,
                        "prix_unitaire": "0.3333",
                        "prix_catalogue": "0.3333",
                        "sous_total": "0.9999",
                    },
                    {
                        "article_id": rice,
                        "article_nom": "Riz",
                        "quantite": -2,
                        "prix_unitaire": "40000.00",
                        "prix_catalogue": "2.50",
                        "sous_total": "-80000.00",
                    },
                ],
            }
        ],
        "next": None,
    }


def test_a_discount_is_told_and_the_customer_is_not(app, shop):
    sell(shop, NOON, "VENTE-1", discount=Decimal("0.1"), client="gAAAA-sealed")
    with writing() as session:
        session.execute(update(Sale).values(client="gAAAA-sealed"))

    document = read(app, shop, PATH)

    assert document["results"][0]["remise"] == "0.10"
    assert "client" not in json.dumps(document)
    assert "sealed" not in json.dumps(document)


def test_a_shop_reads_its_own_sales_and_no_others(app, shop):
    other = sold.shop("Autre")
    sell(shop, NOON, "A")
    sell(other, NOON, "B")

    assert numbers(read(app, shop, PATH)) == ["A"]
    assert numbers(read(app, other, PATH)) == ["B"]


def test_another_shops_cursor_shows_no_more_than_ones_own(app, shop):
    other = sold.shop("Autre")
    for n in range(3):
        sell(shop, NOON + n * MS, f"A{n}")
        sell(other, NOON + n * MS, f"B{n}")
    following = read(app, other, PATH, limit="1")["next"]

    assert [numbers(page) for page in walk(app, shop, following)] == [["A2"], ["A1"], ["A0"]]


@pytest.mark.parametrize("path", [PATH, PATH.rstrip("/")])
def test_the_address_works_with_and_without_its_slash(app, shop, path):
    sell(shop, NOON, "A")
    sell(shop, NOON, "B")

    pages = walk(app, shop, path, limit="1")

    assert [numbers(page) for page in pages] == [["B"], ["A"]]


def test_pages_keep_the_period(app, shop):
    for n in range(6):
        sell(shop, NOON + timedelta(days=n), f"V{n}")

    pages = walk(app, shop, PATH, depuis="2026-11-22", jusqua="2026-11-25", limit="2")

    assert [numbers(page) for page in pages] == [["V4", "V3"], ["V2", "V1"]]


def test_fifty_sales_are_shown_unless_more_are_asked_for(app, shop):
    with writing() as session:
        article = sold._first(session, shop)
        for _ in range(201):
            sold.add_sale(session, shop, NOON, [(article, 1, "1")], {})

    assert [len(page["results"]) for page in walk(app, shop, PATH)] == [50, 50, 50, 50, 1]
    assert [len(page["results"]) for page in walk(app, shop, PATH, limit="200")] == [200, 1]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        # The shop's day is 2026-11-20T23:00Z to 2026-11-21T23:00Z.
        ({"depuis": "2026-11-21", "jusqua": "2026-11-21"}, ["last", "noon", "first"]),
        ({"depuis": "2026-11-21"}, ["after", "last", "noon", "first"]),
        ({"jusqua": "2026-11-20"}, ["before"]),
        ({"depuis": "2026-11-21T12:00:00"}, ["after", "last", "noon"]),
        ({"depuis": "2026-11-21T12:00"}, ["after", "last", "noon"]),
        ({"depuis": "2026-11-21T11:00:00Z"}, ["after", "last", "noon"]),
        ({"depuis": "2026-11-21T11:00:00.001Z"}, ["after", "last"]),
        ({"depuis": "2026-11-21T12:00:00.0000000+01:00"}, ["after", "last", "noon"]),
        ({"depuis": "2026-11-21T06:00:00-05:00"}, ["after", "last", "noon"]),
        # A moment is the end itself, which is not within.
        ({"jusqua": "2026-11-21T11:00:00Z"}, ["first", "before"]),
        ({"jusqua": "2026-11-21T12:00:00.001"}, ["noon", "first", "before"]),
        ({"depuis": "2026-11-21T11:00:00Z", "jusqua": "2026-11-21T11:00:00Z"}, []),
        # What programs send for "always".
        ({"depuis": "0001-01-01T00:00:00"}, ["after", "last", "noon", "first", "before"]),
        ({"depuis": "0001-01-01T00:00:00+14:00"}, ["after", "last", "noon", "first", "before"]),
        ({"jusqua": "9999-12-31T23:59:59.9999999"}, ["after", "last", "noon", "first", "before"]),
        ({"jusqua": "9999-12-31"}, ["after", "last", "noon", "first", "before"]),
    ],
    ids=str,
)
def test_a_period_is_of_the_shops_days_or_of_moments(app, shop, query, found):
    midnight = datetime(2026, 11, 20, 23, tzinfo=UTC)
    day = timedelta(days=1)
    sell(shop, midnight - MS, "before")
    sell(shop, midnight, "first")
    sell(shop, NOON, "noon")
    sell(shop, midnight + day - MS, "last")
    sell(shop, midnight + day, "after")

    assert numbers(read(app, shop, PATH, **query)) == found


def test_a_plus_that_nobody_escaped_is_still_an_offset(app, shop):
    sell(shop, NOON, "noon")
    sell(shop, NOON - MS, "before")

    whole = f"{PATH}?depuis=2026-11-21T12:00:00+01:00&limit=1"

    assert numbers(read(app, shop, whole)) == ["noon"]


def test_a_sales_own_moment_can_be_asked_from(app, shop):
    sell(shop, NOON + 123 * MS, "A")

    when = read(app, shop, PATH)["results"][0]["date_vente"]

    assert numbers(read(app, shop, PATH, depuis=when)) == ["A"]
    assert numbers(read(app, shop, PATH, jusqua=when)) == []


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"depuis": ""}, "depuis"),
        ({"depuis": "hier"}, "depuis"),
        ({"depuis": "2026-02-30"}, "depuis"),
        ({"depuis": "20261121"}, "depuis"),
        ({"depuis": "2026-W47-6"}, "depuis"),
        ({"depuis": "2026-11-21 12:00:00"}, "depuis"),
        ({"depuis": "2026-11-21T25:00:00"}, "depuis"),
        ({"depuis": "2026-11-21T12:00:00+99:00"}, "depuis"),
        ({"jusqua": "٢٠٢٦-11-21"}, "jusqua"),
        ({"jusqua": "0000-01-01"}, "jusqua"),
        ({"jusqua": "2026-11-21\x00"}, "jusqua"),
        ({"depuis": "2026-11-21", "jusqua": "2026-11-20"}, "jusqua"),
        ({"depuis": "2026-11-21T00:00", "jusqua": "2026-11-20"}, "jusqua"),
        ({"depuis": "2026-11-21T12:00", "jusqua": "2026-11-21T11:59"}, "jusqua"),
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "1.5"}, "limit"),
        ({"limit": "beaucoup"}, "limit"),
        ({"limit": "9" * 5000}, "limit"),
        ({"cursor": ""}, "cursor"),
        ({"cursor": "1"}, "cursor"),
        ({"cursor": "A" * 23}, "cursor"),
        ({"cursor": "é" * 23}, "cursor"),
        ({"boutique_id": "1"}, "boutique_id"),
        ({"x" * 500: "1"}, "x" * 60),
        ({"a\x1b[2J\nb": "1"}, None),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_wrong_parameter_is_named_in_french(app, shop, query, named):
    champ, sentence = refused(app, shop, PATH, **query)

    assert named in {champ, None}
    assert sentence.startswith(f"Paramètre invalide: {champ} ")
    assert champ.isprintable()


def test_a_doubled_parameter_is_named(app, shop):
    assert refused(app, shop, f"{PATH}?limit=1&limit=2") == (
        "limit",
        "Paramètre invalide: limit ne peut être donné qu'une fois",
    )


def test_the_cursor_of_another_list_is_refused(app, shop):
    for _ in range(2):
        sold.article(shop)
    following = read(app, shop, "articles/", limit="1")["next"]
    cursor = following.partition("cursor=")[2]

    assert refused(app, shop, PATH, cursor=cursor)[0] == "cursor"


def test_only_a_till_may_look(app, shop):
    with app.test_client() as client:
        assert client.get(f"/api/v2/simple/{PATH}").status_code == 400
        answer = client.get(f"/api/v2/simple/{PATH}", headers={"X-Device-Serial": "inconnu"})

    assert (answer.status_code, answer.get_json()["code"]) == (404, "TERMINAL_NOT_FOUND")
    assert look(app, shop, PATH).headers["Cache-Control"] == "no-store"
