"""Articles as tills keep them: all once, then what changed, and nothing is ever missed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from db import bulk
from db.models import Category, Product
from db.session import reading, writing
from tests import sold
from tests.api.looking import read, refused, walk

PATH = "articles/"


@pytest.fixture
def shop(store) -> int:
    """A shop in Kinshasa."""
    return sold.shop(timezone="Africa/Kinshasa", currency="CDF")


def now() -> datetime:
    with reading() as session:
        return bulk.now(session)


def change(ident: int, **values) -> None:
    with writing() as session:
        product = session.get_one(Product, ident)
        for name, value in {**values, "updated_at": bulk.now(session)}.items():
            setattr(product, name, value)


def names(pages) -> list[str]:
    return [article["nom"] for page in pages for article in page["results"]]


def test_an_article_is_shown_as_a_till_needs_it(app, shop):
    with writing() as session:
        shelf = Category(name="Téléphones", slug="telephones")
        session.add(shelf)
        session.flush()
        category = shelf.id
    phone = sold.article(
        shop, "Samsung S24", "40000", sku="S24", barcode="88", category_id=category, stock=3
    )
    plain = sold.article(shop, "Sel", "0.3333", stock=-1)

    document = read(app, shop, PATH)

    assert (document["boutique_id"], document["boutique_nom"]) == (shop, "Ma Boutique")
    assert document["next"] is None
    assert document["results"] == [
        {
            "id": phone,
            "nom": "Samsung S24",
            "sku": "S24",
            "code_barres": "88",
            "prix_vente": "40000.00",
            "stock": 3,
            "categorie": "Téléphones",
            "actif": True,
        },
        {
            "id": plain,
            "nom": "Sel",
            "sku": None,
            "code_barres": None,
            "prix_vente": "0.3333",
            "stock": -1,
            "categorie": None,
            "actif": True,
        },
    ]


def test_it_is_up_to_date_half_a_minute_ago_in_the_shops_time(app, shop):
    before = now()
    told = read(app, shop, PATH)["a_jour_au"]
    after = now()

    assert told.endswith("+01:00")
    margin = timedelta(seconds=30)
    assert before - margin - timedelta(milliseconds=1) <= datetime.fromisoformat(told)
    assert datetime.fromisoformat(told) <= after - margin


def test_a_till_that_asks_for_changes_gets_them_and_what_left(app, shop):
    old = now() - timedelta(hours=1)
    kept, changed, left = (sold.article(shop, name, updated_at=old) for name in "abc")
    sold.article(shop, "was off", updated_at=old, active=False)
    first = read(app, shop, PATH)
    change(changed, price=9)
    change(left, active=False)

    document = read(app, shop, PATH, modifie_depuis=first["a_jour_au"])

    assert [article["id"] for article in first["results"]] == [kept, changed, left]
    assert [(article["id"], article["actif"]) for article in document["results"]] == [
        (changed, True),
        (left, False),
    ]


def test_what_changes_behind_the_cursor_is_in_the_next_question(app, shop):
    old = now() - timedelta(hours=1)
    first, *_ = (sold.article(shop, name, updated_at=old) for name in "abc")
    page = read(app, shop, PATH, limit="1")
    # Time goes by while the till turns pages: as if the first one had come long ago.
    change(first, title="changed")
    pages = [page, *walk(app, shop, page["next"])]

    assert names(pages) == ["a", "b", "c"]
    assert {page["a_jour_au"] for page in pages} == {page["a_jour_au"]}
    following = walk(app, shop, PATH, modifie_depuis=pages[-1]["a_jour_au"], limit="1")
    assert names(following) == ["changed"]


@pytest.mark.parametrize("path", [PATH, PATH.rstrip("/")])
def test_pages_show_each_once_with_and_without_the_slash(app, shop, path):
    for n in range(5):
        sold.article(shop, f"A{n}")

    assert [names([page]) for page in walk(app, shop, path, limit="2")] == [
        ["A0", "A1"],
        ["A2", "A3"],
        ["A4"],
    ]


def test_a_hundred_are_shown_unless_more_are_asked_for(app, shop):
    with writing() as session:
        session.add_all(Product(shop_id=shop, title="A", price=1, stock=0) for _ in range(501))

    assert [len(page["results"]) for page in walk(app, shop, PATH)] == [100] * 5 + [1]
    assert [len(page["results"]) for page in walk(app, shop, PATH, limit="500")] == [500, 1]
    assert refused(app, shop, PATH, limit="501")[0] == "limit"


def test_a_shop_sees_its_own_articles_only(app, shop):
    other = sold.shop("Autre")
    sold.article(shop, "ours")
    sold.article(other, "theirs")

    assert names([read(app, shop, PATH)]) == ["ours"]
    assert names([read(app, shop, PATH, modifie_depuis="2000-01-01")]) == ["ours"]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"modifie_depuis": "hier"}, "modifie_depuis"),
        ({"depuis": "2026-11-21"}, "depuis"),
        ({"limit": "-1"}, "limit"),
        ({"cursor": "x"}, "cursor"),
    ],
    ids=str,
)
def test_a_wrong_parameter_is_named(app, shop, query, named):
    assert refused(app, shop, PATH, **query)[0] == named
