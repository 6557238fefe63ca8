"""What a shop sold, counted by the database as Python counts it from the sales themselves."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from db.models import Product
from db.session import reading, writing
from db.tills import statistics
from db.tills.statistics import Figure, Moved
from tests import sold

DAY = timedelta(days=1)
MS = timedelta(milliseconds=1)
FIRST = datetime(2026, 11, 20, 23, tzinfo=UTC)
DAYS = [(FIRST + n * DAY, FIRST + (n + 1) * DAY) for n in range(3)]


def figures(shop_id, days=DAYS) -> list[Figure]:
    with reading() as session:
        return statistics.figures(session, shop_id, days)


def articles(shop_id, period=(FIRST, FIRST + 3 * DAY), limit=10) -> tuple[int, list[Moved]]:
    with reading() as session:
        return statistics.articles(session, shop_id, period, limit=limit)


def test_a_shop_that_sold_nothing_has_no_figures(store):
    shop = sold.shop()

    assert figures(shop) == []
    assert articles(shop) == (0, [])


def test_a_day_has_its_first_moment_and_not_its_last(store):
    shop = sold.shop()
    for at in (FIRST - MS, FIRST, FIRST + DAY - MS, FIRST + DAY, FIRST + 3 * DAY):
        sold.sale(shop, at)

    assert [(figure.day, figure.count) for figure in figures(shop)] == [(0, 2), (1, 1)]
    assert articles(shop)[0] == 3


def test_another_shops_sales_are_not_counted(store):
    ours, theirs = sold.shop("A"), sold.shop("B")
    sold.sale(theirs, FIRST)

    assert figures(ours) == []
    assert articles(ours) == (0, [])
    assert len(figures(theirs)) == 1


def test_refunds_are_the_sales_that_give_money_back(store):
    shop = sold.shop()
    rice = sold.article(shop)
    sold.sale(shop, FIRST, [(rice, 3, "2"), (rice, -1, "2")])
    sold.sale(shop, FIRST, [(rice, -1, "2")])
    sold.sale(shop, FIRST, [(rice, 1, "2"), (rice, -1, "2")])

    assert figures(shop) == [Figure(0, "CASH", True, 3, 1, Decimal(2))]
    assert articles(shop) == (1, [Moved(rice, "Riz", 1, Decimal(2))])


def test_top_articles_are_those_of_most_pieces_under_their_newest_name(store):
    shop = sold.shop()
    cheap, dear, back, same = (
        sold.article(shop, name) for name in ("Thé", "Café", "Rendu", "Sucre")
    )
    sold.sale(shop, FIRST, [(cheap, 5, "0.10"), (dear, 2, "90"), (same, 2, "1")])
    sold.sale(shop, FIRST, [(back, -3, "1")], discount=Decimal(-1))
    with writing() as session:
        session.get_one(Product, cheap).title = "Thé vert"
    sold.sale(shop, FIRST, [(cheap, 1, "0.10")])
    with writing() as session:
        # It stands in another shop now; what was sold of it here was sold here.
        session.get_one(Product, dear).shop_id = sold.shop("B")

    assert articles(shop) == (
        7,
        [
            Moved(cheap, "Thé vert", 6, Decimal("0.6")),
            Moved(dear, "Café", 2, Decimal(180)),
            Moved(same, "Sucre", 2, Decimal(2)),
        ],
    )
    assert [moved.product_id for moved in articles(shop, limit=1)[1]] == [cheap]


def test_any_history_is_counted_as_by_hand(store):
    chance = random.Random(7)  # noqa: S311, made-up sales need no secrecy
    shop, other = sold.shop("A"), sold.shop("B")
    goods = [sold.article(shop, f"A{n}") for n in range(12)]
    groups: dict[tuple[int, str, bool], list[Decimal]] = defaultdict(list)
    pieces: dict[int, list[tuple[int, Decimal]]] = defaultdict(list)
    with writing() as session:
        for _ in range(300):
            after = timedelta(milliseconds=chance.randrange(-DAY // MS, 4 * DAY // MS))
            lines = [
                (
                    chance.choice(goods),
                    chance.choice([1, 2, 7, -1]),
                    f"{chance.randrange(10**6)}e-4",
                )
                for _ in range(chance.randrange(1, 4))
            ]
            method, paid = chance.choice(["CASH", "CARTE"]), chance.random() < 0.8
            where = chance.choice([shop, shop, other])
            values = {"payment_method": method, "paid": paid}
            sold.add_sale(session, where, FIRST + after, lines, values)
            if where == shop and 0 * DAY <= after < 3 * DAY:
                amounts = [(ident, count, count * Decimal(price)) for ident, count, price in lines]
                total = sum((amount for *_, amount in amounts), Decimal(0))
                groups[(after // DAY, method, paid)].append(total)
                for ident, count, amount in amounts:
                    pieces[ident].append((count, amount))

    found, (count, top) = figures(shop), articles(shop, limit=100)

    assert found == [
        Figure(*key, len(totals), sum(total < 0 for total in totals), sum(totals, Decimal(0)))
        for key, totals in sorted(groups.items())
    ]
    expected = {
        ident: (sum(n for n, _ in moves), sum((amount for _, amount in moves), Decimal(0)))
        for ident, moves in pieces.items()
    }
    assert count == sum(n for n, _ in expected.values())
    assert {moved.product_id: (moved.quantity, moved.amount) for moved in top} == {
        ident: figure for ident, figure in expected.items() if figure[0] > 0
    }
    assert [moved.quantity for moved in top] == sorted((m.quantity for m in top), reverse=True)
