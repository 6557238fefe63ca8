"""The checker sees each kind of harm: one that sees none would call every fire harmless."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import delete, select, update

from db.models import Product, Reject, SaleLine, StockMovement
from db.session import writing
from db.tills import batches
from syncs.sales.process import process
from tests.faults import shopfloor
from tests.faults.checker import Verdict, dishonest, examine
from tests.faults.generator import Miss, Sent, SentSale
from tests.faults.shopfloor import Floor

AWAY = json.dumps({"error": "Service momentanément indisponible", "code": "STORE_AWAY"})


class Sender:
    """A till as the store takes batches from."""

    timezone = "Africa/Kinshasa"

    def __init__(self, ident: int, shop_id: int) -> None:
        self.id, self.shop_id = ident, shop_id


@pytest.fixture
def floor(store) -> Floor:
    return shopfloor.furnish(shops=1, tills=1)


@pytest.fixture
def sent(floor) -> list[Sent]:
    """A numbered batch with a refusal, and one that the server has numbered; worked off."""
    counter = floor.counters[0]
    plenty, scarce = counter.articles[0], counter.articles[-1]
    numbered = [
        SentSale("A-1", [(plenty, 2), (plenty, -1)]),
        SentSale("A-2", [(scarce, shopfloor.SCARCE + 1)]),
    ]
    unnumbered = [SentSale(None, [(plenty, 1)]), SentSale(None, [(scarce, 3)])]
    found = [
        Sent(counter, numbered, accepted=True, told={"A-1"}),
        Sent(counter, unnumbered, key="k", accepted=True),
    ]
    for each in found:
        deliver(each)
    return found


def deliver(sent: Sent) -> None:
    """Take it in, and work it off."""
    sender = Sender(sent.counter.terminal_id, sent.counter.shop_id)
    with writing() as session:
        received = batches.receive(
            session, sender, body=sent.body, count=len(sent.sales),
            numbered=sent.sales[0].number is not None, key=sent.key,
        )  # fmt: skip
    assert process(received.batch_id) == "done"


def verdict_after(floor: Floor, sent: list[Sent], *statements: object) -> Verdict:
    """What the checker says once ``statements`` have done their harm."""
    with writing() as session:
        for statement in statements:
            session.execute(statement)  # type: ignore[call-overload]  # any statement will do
    return examine(floor, sent)


def test_a_store_as_it_should_be_is_clean(floor, sent):
    verdict = examine(floor, sent)

    assert verdict.clean, verdict
    assert (verdict.accepted, verdict.sold, verdict.refused) == (4, 3, 1)


def test_a_sale_that_is_not_there_is_lost(floor, sent):
    gone = SentSale("A-3", [(floor.counters[0].articles[0], 1)])
    sent.append(Sent(floor.counters[0], [gone], accepted=True))
    sent.append(Sent(floor.counters[0], [SentSale(None, gone.lines)], key="k2", accepted=True))
    sent.append(Sent(floor.counters[0], [gone], told={"A-4"}))

    assert len(examine(floor, sent).lost) == 3


def test_a_sale_that_no_till_was_told_of_may_be_missing(floor, sent):
    sent.append(Sent(floor.counters[0], [SentSale("A-3", [(1, 1)])]))

    assert examine(floor, sent).clean


def test_a_refusal_that_was_not_kept_is_lost(floor, sent):
    assert len(verdict_after(floor, sent, delete(Reject)).lost) == 1


def test_what_is_sold_again_under_another_number_is_seen(floor, sent):
    again = Sent(floor.counters[0], [SentSale("A-1 again", sent[0].sales[0].lines)])
    deliver(again)

    assert len(examine(floor, sent).wrong) == 2, "a sale of nobody's, and what it took"


def test_a_movement_too_many_or_too_few_is_seen(floor, sent):
    with writing() as session:
        move = session.scalars(select(StockMovement).where(StockMovement.line_no == 1)).first()
        assert move is not None
        ident, values = move.id, (move.product_id, move.delta)
    more = update(StockMovement).where(StockMovement.id == ident).values(delta=values[1] * 2)
    stock = update(Product).where(Product.id == values[0])
    verdict = verdict_after(floor, sent, more, stock.values(stock=Product.stock + values[1]))

    # The ledger and the stock agree, and both are wrong.
    assert len(verdict.wrong) == 2

    fewer = delete(StockMovement).where(StockMovement.id == ident)
    assert not verdict_after(floor, sent, fewer).clean


def test_lines_that_nobody_sent_are_seen(floor, sent):
    other = update(SaleLine).where(SaleLine.line_no == 1).values(quantity=SaleLine.quantity + 1)

    assert not verdict_after(floor, sent, other).clean


def test_a_batch_that_is_not_worked_off_is_seen(floor, sent):
    counter = floor.counters[0]
    sender = Sender(counter.terminal_id, counter.shop_id)
    with writing() as session:
        batches.receive(session, sender, body=b"[]", count=0, numbered=True)

    assert len(examine(floor, sent).unfinished) == 1


def test_only_an_honest_503_while_the_store_is_away_is_no_lie():
    honest = Miss(10, 11, 503, AWAY, "5")
    lies = [
        Miss(10, 11, 500, AWAY, "5"),
        Miss(10, 11, 503, AWAY),
        Miss(10, 11, 503, "<html>", "5"),
        Miss(10, 11, 404, AWAY, "5"),
        Miss(30, 31, 503, AWAY, "5"),
        Miss(10, 11, None, "reset"),
    ]

    assert dishonest([honest, *lies], store=[(9, 10.5)]) == lies
    assert dishonest([lies[-1]], web=[(10.5, 20)]) == []
