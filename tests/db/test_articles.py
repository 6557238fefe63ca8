"""Articles of a shop: all that are on sale, or what changed, page by page."""

from __future__ import annotations

from datetime import timedelta

import pytest

from db import bulk
from db.catalogue import articles, departures, shops
from db.catalogue.articles import Article
from db.catalogue.shops import Values
from db.models import Category, Product
from db.session import reading, writing
from tests import sold


def page(shop_id, **asked) -> list[Article]:
    with reading() as session:
        return list(articles.page(session, shop_id, **{"limit": 100, **asked}))


def ids(found: list[Article]) -> list[int]:
    return [article.id for article in found]


def moment(**ago: float):
    with reading() as session:
        return bulk.now(session) - timedelta(**ago)


def old(shop_id, **values) -> int:
    return sold.article(shop_id, **{"updated_at": moment(hours=1), **values})


def test_an_article_is_shown_whole(store):
    shop = sold.shop()
    with writing() as session:
        category = Category(name="Épicerie", slug="epicerie")
        session.add(category)
        session.flush()
        shelf = category.id
    plain = sold.article(shop, "Sel", "0.3333", stock=-2)
    full = sold.article(shop, "Riz", sku="R-1", barcode="376", category_id=shelf)

    one, other = page(shop)

    assert (one.id, one.title, str(one.price), one.stock) == (plain, "Sel", "0.3333", -2)
    assert (one.sku, one.barcode, one.category, one.active) == (None, None, None, True)
    assert (other.id, other.sku, other.barcode) == (full, "R-1", "376")
    assert other.category == "Épicerie"


def test_a_shop_sees_its_own(store):
    ours, theirs = sold.shop("A"), sold.shop("B")
    mine, _ = sold.article(ours), sold.article(theirs)
    nobodys = sold.article(theirs)
    with writing() as session:
        session.get_one(Product, nobodys).shop_id = None

    assert ids(page(ours)) == [mine]
    assert ids(page(ours, since=moment(hours=9))) == [mine]


@pytest.mark.parametrize("limit", [1, 2, 3, 10])
def test_pages_show_each_article_once(store, limit):
    shop = sold.shop()
    every = [sold.article(shop) for _ in range(5)]

    found: list[int] = []
    while more := page(shop, after=found[-1] if found else 0, limit=limit):
        found += ids(more)

    assert found == every


def test_what_is_off_sale_shows_only_among_changes(store):
    shop = sold.shop()
    on, off = sold.article(shop), sold.article(shop, active=False)

    assert ids(page(shop)) == [on]
    assert ids(page(shop, since=moment(hours=1))) == [on, off]


def test_only_what_changed_then_or_later_is_shown(store):
    shop, then = sold.shop(), moment(minutes=5)
    old(shop)
    at, later = (
        sold.article(shop, updated_at=then),
        sold.article(shop, updated_at=then + timedelta(milliseconds=1)),
    )

    assert ids(page(shop, since=then)) == [at, later]


def test_a_renamed_category_is_a_change_of_its_articles(store):
    shop, hour = sold.shop(), moment(hours=1)
    with writing() as session:
        shelves = [Category(name=name, slug=name, updated_at=hour) for name in "ab"]
        session.add_all(shelves)
        session.flush()
        first, second = (shelf.id for shelf in shelves)
    old(shop, category_id=first)
    moved = old(shop, category_id=second)
    with writing() as session:
        shelf = session.get_one(Category, second)
        shelf.name, shelf.updated_at = "c", bulk.now(session)

    assert ids(page(shop, since=moment(minutes=5))) == [moved]


def test_what_commits_after_somebody_asked_is_in_the_next_answer(store):
    shop = sold.shop()
    ident = old(shop)
    with writing() as session:
        product = session.get_one(Product, ident)
        product.title, product.updated_at = "Riz complet", bulk.now(session)
        session.flush()
        # A till asks while the change is written and not committed.
        with reading() as other:
            as_of = articles.as_of(other)
            assert [found.title for found in articles.page(other, shop, limit=9)] == ["Riz"]

    assert [found.title for found in page(shop, since=as_of)] == ["Riz complet"]


def leave(shop_id: int, *idents: int, at=None) -> None:
    """These articles are in no shop any more."""
    with writing() as session:
        departures.note(session, shop_id, idents, at or bulk.now(session))
        for ident in idents:
            session.get_one(Product, ident).shop_id = None


@pytest.mark.parametrize("limit", [1, 2, 10])
def test_what_left_the_shop_is_among_its_changes_and_off_sale(store, limit):
    shop, other = sold.shop("A"), sold.shop("B")
    kept, gone, later = (sold.article(shop) for _ in range(3))
    sold.article(other)
    leave(shop, gone)

    found: list[Article] = []
    while more := page(
        shop, since=moment(minutes=5), after=found[-1].id if found else 0, limit=limit
    ):
        found += more

    assert [(each.id, each.active) for each in found] == [
        (kept, True), (gone, False), (later, True),
    ]  # fmt: skip
    assert ids(page(shop)) == [kept, later]
    assert gone not in ids(page(other, since=moment(minutes=5)))


def test_what_left_before_somebody_asked_is_no_news(store):
    shop = sold.shop()
    gone = sold.article(shop)
    leave(shop, gone, at=moment(hours=1))

    assert ids(page(shop, since=moment(minutes=5))) == []
    leave(shop, gone)
    assert ids(page(shop, since=moment(minutes=5))) == [gone]


def test_what_came_back_is_on_sale(store):
    shop = sold.shop()
    back = sold.article(shop)
    leave(shop, back)
    with writing() as session:
        session.get_one(Product, back).shop_id = shop

    assert [(each.id, each.active) for each in page(shop, since=moment(hours=1))] == [(back, True)]


def test_a_shop_that_begins_to_sell_from_another_one_hears_of_every_article(store):
    one, two = sold.shop("A"), sold.shop("B")
    first, second = old(one), old(one)
    gone = old(one)
    leave(one, gone, at=moment(hours=1))
    since = moment(minutes=5)
    assert ids(page(two, since=since)) == []

    with writing() as session:
        shops.change(session, two, Values(sells_from=one))
    assert ids(page(two)) == ids(page(two, since=since)) == [first, second]

    with writing() as session:
        shops.change(session, two, Values(sells_from=None))
    assert ids(page(two)) == []
    assert [(each.id, each.active) for each in page(two, since=since)] == [
        (first, False), (second, False), (gone, False),
    ]  # fmt: skip
