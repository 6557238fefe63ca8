"""Articles that moved to another shop, and shops that sell from another's stock."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from db import bulk
from db.catalogue import departures, shops
from db.catalogue.shops import Values
from db.models import Product
from db.session import engine, reading, writing
from db.tills import batches
from syncs.acts.by import By
from syncs.acts.rejects import replay
from syncs.sales.process import process
from tests.servers import until
from tests.syncs.sales.conftest import (
    CASE,
    PHONE,
    Till,
    moves,
    open_rejects,
    sale,
    sales,
    set_policy,
    stock_of,
)


def move(ident: int, *, to: int) -> None:
    """A sync found that the article's record names another site."""
    with writing() as session:
        product = session.get_one(Product, ident)
        assert product.shop_id is not None
        departures.note(session, product.shop_id, [ident], bulk.now(session))
        product.shop_id, product.updated_at = to, bulk.now(session)


def sell_from(shop_id: int, other: int | None) -> None:
    with writing() as session:
        shops.change(session, shop_id, Values(sells_from=other))


@pytest.fixture
def one_currency(till) -> None:
    with writing() as session:
        for shop in shops.every(session):
            shop.currency = "EUR"


def errors(answer) -> list[str]:
    return [error["code"] for error in answer["ventes_erreurs"] or []]


def test_a_sale_and_its_refund_of_an_article_that_moved_are_the_shops_that_sold(till, other_till):
    till.send(sale("V-1"))
    move(PHONE, to=1)

    answer = till.send(sale("V-2", (PHONE, 2)), sale("V-3", (PHONE, -1)))

    assert errors(answer) == []
    assert [(made.invoice_number, made.shop_id) for made in sales()] == [
        ("V-1", 2), ("V-2", 2), ("V-3", 2),
    ]  # fmt: skip
    assert stock_of(PHONE) == 8
    assert moves(PHONE)[-2:] == [("sale", -2, 7), ("refund", 1, 8)]
    assert errors(other_till.send(sale("V-1"))) == []


def test_the_policy_is_that_of_the_shop_that_sells(till, other_till):
    move(PHONE, to=1)

    assert errors(till.send(sale("V-1", (PHONE, 11)))) == ["STOCK_INSUFFISANT"]
    set_policy(2, "allow")
    assert errors(till.send(sale("V-1", (PHONE, 11)))) == []
    assert errors(other_till.send(sale("V-1"))) == ["STOCK_INSUFFISANT"]


def test_another_shops_article_that_was_never_here_is_unknown(till, other_till):
    move(PHONE, to=1)

    assert errors(till.send(sale("V-1", (8, 1)))) == ["ARTICLE_INCONNU"]
    assert errors(other_till.send(sale("V-1", (CASE, 1)))) == ["ARTICLE_INCONNU"]


def test_what_was_refused_before_can_be_replayed(till):
    with writing() as session:
        session.get_one(Product, PHONE).shop_id = 1
    assert errors(till.send(sale("V-1"))) == ["ARTICLE_INCONNU"]
    with writing() as session:
        departures.note(session, 2, [PHONE], bulk.now(session))
    (reject,) = open_rejects()

    replay(reject.id, by=By("test"))

    assert [made.invoice_number for made in sales()] == ["V-1"]


@pytest.mark.usefixtures("one_currency")
def test_two_shops_sell_one_catalogue_from_one_stock(till, other_till):
    assert errors(other_till.send(sale("V-1"))) == ["ARTICLE_INCONNU"]
    sell_from(1, 2)

    ends = [till.send(sale("V-1")), other_till.send(sale("V-1"), sale("V-2", (8, 1)))]

    assert [errors(end) for end in ends] == [[], []]
    assert (stock_of(PHONE), stock_of(8)) == (8, 49)
    assert [(made.invoice_number, made.shop_id) for made in sales()] == [
        ("V-1", 2), ("V-1", 1), ("V-2", 1),
    ]  # fmt: skip
    assert errors(till.send(sale("V-3", (8, 1)))) == ["ARTICLE_INCONNU"]


@pytest.mark.usefixtures("one_currency")
def test_what_a_shop_sold_from_another_one_it_takes_back_for_ever(till, other_till):
    move(CASE, to=1)
    sell_from(1, 2)
    other_till.send(sale("V-1"))
    sell_from(1, None)

    assert errors(other_till.send(sale("V-2", (PHONE, -1)), sale("V-3"))) == []
    assert stock_of(PHONE) == 9


def test_a_sale_waits_for_the_move_of_its_article_and_is_taken(till):
    received = till.receive(sale("V-1"))
    if engine().dialect.name == "sqlite":
        move(PHONE, to=1)
        process(received.batch_id)
    else:
        _sell_while_it_moves(till, received)

    assert [made.invoice_number for made in sales()] == ["V-1"]
    assert open_rejects() == []


def _sell_while_it_moves(till: Till, received: batches.Received) -> None:
    """The sync has written the move and not committed when the batch asks for the article."""
    with ThreadPoolExecutor(1) as pool:
        with writing() as session:
            product = session.get_one(Product, PHONE, with_for_update=True)
            departures.note(session, till.shop_id, [PHONE], bulk.now(session))
            product.shop_id = 1
            session.flush()
            end = pool.submit(process, received.batch_id)
            until(_somebody_waits, what="a batch that waits for the article")
        assert end.result() == "done"


def _somebody_waits() -> bool:
    with reading() as session:
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        return bool(session.connection().exec_driver_sql(waiting).scalar_one())
