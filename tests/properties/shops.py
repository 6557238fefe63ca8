"""Two shops with tills and articles, the same ones in the store and in the books."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import text, update

from db import bulk
from db.catalogue import departures, stock
from db.models import Base, Product, SalesBatch, Shop, Terminal
from db.session import writing
from db.types import db_now
from tests.properties.books import Article, Books

TILLS = {1: 1, 2: 2, 3: 2, 4: 2}
"""Which shop a till stands in."""
OF_ERRORS_ONLY = 3
"""The till whose doubles are among the errors alone."""
ARTICLES = {
    1: Article(1, Decimal("2.50"), 4),
    6: Article(2, Decimal(40000), 8),
    7: Article(2, Decimal("19.99"), 5),
    8: Article(2, Decimal("0.3333"), 2),
}


def furnish() -> Books:
    """The store, emptied and filled anew, and its books."""
    with writing() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(text(f"DELETE FROM {table.name}"))  # noqa: S608, a name of ours
    with writing() as session:
        session.add_all(Shop(id=ident, name=f"Boutique {ident}") for ident in (1, 2))
        session.flush()
        session.add_all(
            Terminal(
                id=ident, shop_id=shop, serial=f"serial-{ident}", name=f"Caisse {ident}",
                duplicates="errors_only" if ident == OF_ERRORS_ONLY else "answer",
            )
            for ident, shop in TILLS.items()
        )  # fmt: skip
        for ident, article in ARTICLES.items():
            session.add(
                Product(
                    id=ident, shop_id=article.shop, title=f"Article {ident}", price=article.price
                )
            )
            session.flush()
            stock.adjust(session, ident, article.stock, "start")
    return Books(
        allows_negative=dict.fromkeys((1, 2), False),
        answers_duplicates={ident: ident != OF_ERRORS_ONLY for ident in TILLS},
        active=dict.fromkeys(TILLS, True),
        articles={
            ident: Article(each.shop, each.price, each.stock) for ident, each in ARTICLES.items()
        },
    )


def move(ident: int, shop: int) -> None:
    """The article's record names the site of this shop: what a sync makes of it."""
    with writing() as session:
        product = session.get_one(Product, ident, with_for_update=True)
        assert product.shop_id is not None
        departures.note(session, product.shop_id, [ident], bulk.now(session))
        product.shop_id = shop


def pass_time() -> None:
    """An hour goes by for every batch: leases end, pauses end, bells were rung long ago."""
    ago = {"lease_until": SalesBatch.lease_until, "not_before": SalesBatch.not_before}
    with writing() as session:
        for name, column in ago.items():
            session.execute(
                update(SalesBatch).where(column.is_not(None)).values({name: db_now(-3600)})
            )
        session.execute(update(SalesBatch).values(rung_at=db_now(-3600)))


def pause() -> None:
    """Whoever is to rest before the next try rests for an hour: that is not left to chance."""
    with writing() as session:
        session.execute(
            update(SalesBatch)
            .where(SalesBatch.not_before > db_now())
            .values(not_before=db_now(3600))
        )
