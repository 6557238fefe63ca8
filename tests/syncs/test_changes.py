"""What changes an article moves its ``updated_at``, by which tills ask for what changed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from db.catalogue import articles, locked_fields, stock
from db.models import Category, Product, Shop
from db.session import reading, writing
from syncs.sources.catalogue import CATEGORIES, PRODUCTS
from tests.syncs.rows import product
from tests.syncs.running import sync_now


@pytest.fixture
def shop(b2b) -> int:
    """The only shop, with all of the catalogue."""
    with writing() as session:
        found = Shop(name="Ma Boutique")
        session.add(found)
        session.flush()
        ident = found.id
    for n in b2b.catalogue.products:
        b2b.catalogue.products.edit(n, without=("site_id",))
    sync_now(CATEGORIES)
    sync_now(PRODUCTS)
    return ident


class Changes:
    """The articles that changed since this was made, by our id: whether each is on sale."""

    def __init__(self, shop_id: int) -> None:
        self.shop_id = shop_id
        with reading() as session:
            last = [
                session.execute(select(func.max(model.updated_at))).scalar_one()
                for model in (Product, Category)
            ]
        self.since = max(last) + timedelta(milliseconds=1)

    def found(self) -> dict[int, bool]:
        with reading() as session:
            page = articles.page(session, self.shop_id, since=self.since, limit=100)
            return {article.id: article.active for article in page}


@pytest.mark.parametrize(
    "sent",
    [
        {"name": "Autre"},
        {"price": "99"},
        {"stock": 99},
        {"sku": "X"},
        {"barcode": "376000"},
        {"category_id": 1},
    ],
    ids=str,
)
def test_a_sync_that_changes_an_article_shows_it_alone(b2b, shop, sent):
    changes = Changes(shop)
    b2b.catalogue.products.edit(20, **sent)

    sync_now(PRODUCTS)

    assert changes.found() == {product(20).id: True}


def test_a_sync_that_changes_nothing_shows_nothing(shop):
    changes = Changes(shop)

    sync_now(PRODUCTS)
    sync_now(CATEGORIES)

    assert changes.found() == {}


def test_what_vanished_at_the_source_is_shown_off_sale_and_back_again(b2b, shop):
    changes = Changes(shop)
    whole = b2b.catalogue.products.text(20)
    b2b.catalogue.products.delete(20)

    sync_now(PRODUCTS)

    assert changes.found() == {product(20).id: False}
    changes = Changes(shop)
    b2b.catalogue.products.add_raw(whole)

    sync_now(PRODUCTS)

    assert changes.found() == {product(20).id: True}


def test_a_renamed_category_shows_its_articles(b2b, shop):
    changes = Changes(shop)
    b2b.catalogue.categories.edit(3, name="Autre rayon")

    sync_now(CATEGORIES)

    assert set(changes.found()) == {product(n).id for n in range(1, 26) if n % 6 + 1 == 3}


def test_what_a_person_changes_is_shown(shop):
    changes, one, other = Changes(shop), product(1).id, product(2).id
    with writing() as session:
        stock.adjust(session, one, -1, "casse")
    with writing() as session:
        locked_fields.set_values(session, other, {"title": "Autre"})

    assert changes.found() == {one: True, other: True}
