"""Stock that tickets move: only when asked, once an item, and of a change the difference."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from connectors.families import Product as TillProduct
from db.catalogue import stock
from db.models import PosItem, PosPayment, PosTransaction, Product, StockMovement
from db.session import reading, writing
from tests import sold
from tests.db.pos.till import bring, item, kind, sell, ticket

MOVING = kind(stock=True)


@pytest.fixture
def coffee(store) -> int:
    """An article of ours, 10 in stock, that the till sells as P1."""
    ident = opened(sold.shop(), sku="CAFE")
    sell(TillProduct(id="P1", name="Café", sku="CAFE", price=Decimal(2), currency="EUR"))
    return ident


def opened(shop: int, **values: Any) -> int:
    """An article of the shop with a movement that explains its stock."""
    ident = sold.article(shop, **values)
    with writing() as session:
        session.add(StockMovement(product_id=ident, delta=10, stock_after=10, kind="opening"))
    return ident


def shop_of(ident: int) -> int:
    """The shop of an article."""
    with reading() as session:
        shop = session.get_one(Product, ident).shop_id
    assert shop is not None
    return shop


def left(ident: int) -> int:
    """The stock of an article, which its movements explain."""
    with reading() as session:
        assert stock.verify(session)[1] == []
        assert stock.verify_sales(session)[1] == []
        return session.get_one(Product, ident).stock


def deltas() -> list[int]:
    """What tickets moved, in turn."""
    with reading() as session:
        query = select(StockMovement.delta).where(StockMovement.kind == "pos")
        return list(session.scalars(query.order_by(StockMovement.id)))


def test_nobody_asked(coffee):
    plan = bring(kind(), ticket())

    assert (left(coffee), plan.warnings) == (10, [])


def test_an_item_moves_once(coffee):
    for run in (1, 2):
        bring(MOVING, ticket(), run=run)

    assert (left(coffee), deltas()) == (8, [-2])
    with reading() as session:
        move = session.scalars(select(StockMovement).where(StockMovement.kind == "pos")).one()
        assert (move.pos_item, move.run_id, move.stock_after) == ("i1", 1, 8)
        assert move.pos_transaction_id == session.scalar(select(PosTransaction.id))


def test_each_item_moves(coffee):
    plan = bring(MOVING, ticket(items=(item(), item(id="i2", quantity=Decimal(3)))))

    assert (left(coffee), sorted(deltas()), plan.warnings) == (5, [-3, -2], [])


def test_items_without_ids_are_known_by_their_places(coffee):
    lines = (item(id=""), item(id="", quantity=Decimal(1)))
    bring(MOVING, ticket(items=lines))
    bring(MOVING, ticket(items=(*lines, item(id="")), version=2))

    assert (left(coffee), deltas()) == (5, [-2, -1, -2])


def test_items_that_share_an_id_are_known_by_their_places(coffee):
    tea = opened(shop_of(coffee), sku="THE")
    both = (item(), item(sku="THE", product_id=None))
    bring(MOVING, ticket(items=both))
    assert (left(coffee), left(tea)) == (8, 8)

    bring(MOVING, ticket(version=2, items=(*both, item(id="i2"))))
    assert (left(coffee), left(tea)) == (6, 8)


def test_a_change_moves_the_difference(coffee):
    bring(MOVING, ticket())
    bring(MOVING, ticket(version=2, items=(item(quantity=Decimal(5)),)))
    bring(MOVING, ticket(version=3, items=()))

    assert (left(coffee), deltas()) == (10, [-2, -3, 5])


def test_what_stock_does_not_depend_on_moves_nothing(coffee):
    bring(MOVING, ticket())
    bring(MOVING, ticket(version=2, payments=(), total=Decimal(3)))

    assert deltas() == [-2]


@pytest.mark.parametrize("status", ["canceled", "open"])
def test_only_what_is_completed_moves(coffee, status):
    bring(MOVING, ticket(id="T2", status=status))
    bring(MOVING, ticket())
    assert left(coffee) == 8

    bring(MOVING, ticket(version=2, status=status))
    assert (left(coffee), deltas()) == (10, [-2, 2])


def test_a_return_brings_back(coffee):
    bring(MOVING, ticket(), ticket(id="T2", items=(item(quantity=Decimal(-1)),)))

    assert (left(coffee), deltas()) == (9, [-2, 1])


def test_a_part_of_a_piece_moves_nothing_and_is_named(coffee):
    plan = bring(MOVING, ticket(items=(item(quantity=Decimal("0.3")),)))

    assert (left(coffee), deltas()) == (10, [])
    assert plan.warnings == ["No stock is moved of what is sold in parts of a piece: Café."]


def test_what_no_article_is_moves_nothing_and_is_named_once(coffee):
    strange = [item(id=f"i{n}", product_id="P9", name="Chèque cadeau") for n in (2, 3)]
    service = item(id="i4", product_id=None, name="Service")

    plan = bring(MOVING, ticket(items=(item(), *strange, service)), ticket(id="T2", items=strange))

    assert (left(coffee), deltas()) == (8, [-2])
    assert plan.warnings == [
        "No stock is moved of what no article of the shop has the SKU or barcode of: Chèque cadeau."
    ]


@pytest.mark.parametrize(
    ("ours", "theirs", "line"),
    [
        ({"sku": "A"}, {"sku": "A"}, {}),
        ({"barcode": "301"}, {"gtin": "301"}, {}),
        # Many keep the barcode where the SKU belongs.
        ({"barcode": "301"}, {"sku": "301"}, {}),
        ({"sku": "A"}, {}, {"sku": "A"}),
        ({"sku": "A"}, {"sku": "B"}, {"sku": "A"}),
    ],
)
def test_an_article_is_known_by_its_codes(store, ours, theirs, line):
    ident = opened(sold.shop(), **ours)
    sell(TillProduct(id="P1", name="Café", price=None, currency=None, **theirs))

    bring(MOVING, ticket(items=(item(**line),)))

    assert left(ident) == 8


def test_an_article_of_another_shop_is_none(coffee):
    shop = sold.shop("B")

    bring(kind({"L1": shop}, stock=True), ticket())

    assert (left(coffee), deltas()) == (10, [])


def test_a_shop_that_sells_from_another_moves_the_other_s_stock(coffee):
    shop = sold.shop("B", sells_from=shop_of(coffee))

    bring(kind({"L1": shop}, stock=True), ticket())

    assert left(coffee) == 8


def test_of_two_articles_with_one_code_nobody_knows_which(coffee):
    shop = shop_of(coffee)
    other = opened(shop, sku="CAFE")
    bring(MOVING, ticket())
    assert (left(coffee), left(other)) == (10, 10)

    with writing() as session:
        session.get_one(Product, other).active = False
    bring(MOVING, ticket(id="T2"))
    assert (left(coffee), left(other)) == (8, 10)


def test_an_item_stays_with_its_article_until_it_is_of_another_product(coffee):
    shop = shop_of(coffee)
    bring(MOVING, ticket())
    with writing() as session:
        session.get_one(Product, coffee).sku = "OLD"
    heir, tea = opened(shop, sku="CAFE"), opened(shop, sku="THE")
    sell(TillProduct(id="P2", name="Thé", sku="THE", price=Decimal(2), currency="EUR"))

    bring(MOVING, ticket(version=2, items=(item(quantity=Decimal(3)),)))
    assert (left(coffee), left(heir)) == (7, 10)

    bring(MOVING, ticket(version=3, items=(item(product_id="P2"),)))
    assert (left(coffee), left(heir), left(tea)) == (10, 10, 8)


def test_a_ticket_that_is_only_read_again_moves_nothing(coffee):
    bring(kind(), ticket())
    with writing() as session:
        session.get_one(PosTransaction, 1).payload_hash = None

    plan = bring(MOVING, ticket())

    assert (len(plan.updated), deltas()) == (1, [])


def test_a_location_that_is_mapped_later_moves_then(coffee):
    shop = shop_of(coffee)
    sold.shop("B")
    bring(MOVING, ticket())
    assert left(coffee) == 10

    bring(kind({"L1": shop}, stock=True), ticket())
    assert left(coffee) == 8


LINES = st.lists(
    st.tuples(st.sampled_from("abcde"), st.sampled_from(["P1", "P2", "P9"]), st.integers(-3, 5)),
    max_size=5,
    unique_by=lambda line: line[0],
)
VERSIONS = st.lists(
    st.tuples(st.sampled_from(["completed", "completed", "open", "canceled"]), LINES),
    min_size=1,
    max_size=6,
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(versions=VERSIONS, data=st.data())
def test_the_stock_is_what_the_newest_version_says(coffee, versions, data):
    tea = _fresh(coffee)
    order = data.draw(st.lists(st.integers(0, len(versions) - 1), min_size=1, max_size=6))
    newest = -1

    for number in order:
        newest = max(newest, number)
        status, lines = versions[number]
        each = [
            item(id=key, product_id=product, quantity=Decimal(quantity))
            for key, product, quantity in lines
        ]
        bring(MOVING, ticket(version=number, status=status, items=tuple(each)))

    status, lines = versions[newest]
    for ident, product in ((coffee, "P1"), (tea, "P2")):
        gone = sum(quantity for _, of, quantity in lines if of == product)
        assert left(ident) == 10 - (gone if status == "completed" else 0)


def _fresh(coffee: int) -> int:
    """The store as it was before the last example, with another article; the other's id."""
    with writing() as session:
        session.execute(delete(StockMovement).where(StockMovement.kind == "pos"))
        for table in (PosItem, PosPayment, PosTransaction):
            session.execute(delete(table))
        tea = session.scalar(select(Product.id).where(Product.sku == "THE"))
        for product in session.scalars(select(Product)):
            product.stock = 10
    if tea is None:
        tea = opened(shop_of(coffee), sku="THE")
        sell(TillProduct(id="P2", name="Thé", sku="THE", price=Decimal(2), currency="EUR"))
    return tea
