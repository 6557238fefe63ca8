"""Races: tills, workers and syncs at the same shelf in the same instant, on real sessions."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from threading import Barrier, Event
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text

from core import crypto
from core.errors import RefusedError
from db.catalogue import stock
from db.models import Product, Sale, SaleLine, SalesBatch, Shop, Terminal
from db.session import dispose, engine, reading, writing
from db.tills import batches, sales
from sandbox.b2b import B2B
from syncs.acts.by import By
from syncs.acts.rejects import replay
from syncs.sales.process import process
from syncs.sources.catalogue import PRODUCTS
from tests.servers import until
from tests.syncs.rows import products
from tests.syncs.running import sync_now
from tests.syncs.sales.conftest import CASE, PHONE, Till, count, open_rejects, sale, stock_of

TILLS = 20
TURNS, LAST = 50, (61, 62, 63, 64)
"""So often is each of these articles the last of its kind: 200 races for one."""


@contextmanager
def at_once(number: int) -> Iterator[Callable[[Sequence[Callable[[], Any]]], list[Any]]]:
    """``together(calls)``: as many calls as there are threads begin in one instant; results."""
    barrier = Barrier(number, timeout=60)

    def begin(call: Callable[[], Any]) -> Any:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(number) as pool:
        yield lambda calls: list(pool.map(begin, calls))


def put(till: Till, *sent: Any, key: str | None = None) -> Callable[[], batches.Received]:
    """A request of ``till``, to be made later."""
    return lambda: till.receive(*sent, key=key)


def work(batch_id: int) -> Callable[[], str]:
    """A worker that is told of the batch, later."""
    return lambda: process(batch_id)


# A thousand batches on a busy machine.
@pytest.mark.timeout(900)
def test_twenty_tills_and_one_last_article(till, quick):
    put_on_shelves(till.shop_id, LAST)
    with at_once(TILLS) as together:
        for turn in range(TURNS):
            for article in LAST:
                adjust_to(article, 1)
            ids = put_all(till, [four_sales(turn, place) for place in range(TILLS)])

            outcomes = together([work(ident) for ident in ids])

            assert outcomes == ["done"] * TILLS
            races = len(LAST)
            assert told(ids) == {"sold": races, "STOCK_INSUFFISANT": races * (TILLS - 1)}
            assert [stock_of(article) for article in LAST] == [0] * races
            assert sold_by_article() == dict.fromkeys(LAST, turn + 1)


def put_on_shelves(shop_id: int, articles: Sequence[int]) -> None:
    """Articles of which there is nothing yet."""
    with writing() as session:
        session.add_all(
            Product(id=ident, shop_id=shop_id, title=f"Article {ident}", price=100)
            for ident in articles
        )


def four_sales(turn: int, place: int) -> list[Any]:
    """One of each article; every till begins with another one."""
    first = place % len(LAST)
    return [
        sale(f"{turn}-{place}-{article}", (article, 1)) for article in LAST[first:] + LAST[:first]
    ]


def sold_by_article() -> dict[int, int]:
    with reading() as session:
        query = select(SaleLine.product_id, func.count()).group_by(SaleLine.product_id)
        return dict(session.execute(query).all())


@pytest.mark.parametrize("number", ["A", None])
def test_one_request_twice_at_once_is_one_batch(till, quick, number):
    adjust_to(PHONE, 1000)
    with at_once(2) as together:
        for turn in range(40):
            twice = [put(till, sale(number and f"{number}-{turn}"), key=f"key-{turn}")] * 2

            one, other = together(twice)

            assert one.batch_id == other.batch_id
            assert {one.replayed, other.replayed} == {True, False}
            assert process(one.batch_id) == "done"
    assert (count(SalesBatch), count(Sale), stock_of(PHONE)) == (40, 40, 960)


def test_one_batch_and_eight_workers(till, quick):
    adjust_to(PHONE, 1000)
    with at_once(8) as together:
        for turn in range(40):
            received = till.receive(sale(f"A-{turn}"), sale(f"B-{turn}", (PHONE, 2)))

            assert sorted(together([work(received.batch_id)] * 8)) == ["done"] + ["left"] * 7

            assert (count(Sale), stock_of(PHONE)) == (2 * turn + 2, 997 - 3 * turn)


def test_one_sale_in_eight_batches(till, quick):
    adjust_to(PHONE, 1000)
    with at_once(8) as together:
        for turn in range(20):
            together([lambda: till.send(sale(f"A-{turn}"), sale(f"B-{turn}"))] * 8)  # noqa: B023 - called in this turn

            assert (count(Sale), stock_of(PHONE)) == (2 * turn + 2, 998 - 2 * turn)


def test_batches_of_one_second_get_numbers_of_their_own(till, quick):
    adjust_to(PHONE, 1000)
    with at_once(TILLS) as together:
        received = [each for _ in range(5) for each in together([put(till, sale(None))] * TILLS)]
        for start in range(0, len(received), TILLS):
            together([work(each.batch_id) for each in received[start : start + TILLS]])

    with reading() as session:
        stamps = session.scalars(select(SalesBatch.number_stamp)).all()
        numbers = session.scalars(select(Sale.invoice_number)).all()
    assert len(set(stamps)) == len(stamps) == 5 * TILLS
    assert set(numbers) == {f"VENTE-2-{stamp}-0" for stamp in stamps}


def test_a_refused_sale_comes_again_while_two_people_replay_it(till, quick):
    with at_once(3) as together:
        for turn in range(20):
            adjust_to(CASE, 0)
            till.send(sale(f"A-{turn}", (CASE, 1)))
            (reject,) = open_rejects()
            adjust_to(CASE, 5)

            together([
                person(reject.id), person(reject.id),
                lambda: till.send(sale(f"A-{turn}", (CASE, 1))),  # noqa: B023 - called in this turn
            ])  # fmt: skip

            assert (count(Sale), stock_of(CASE), list(open_rejects())) == (turn + 1, 4, [])


def person(reject_id: int) -> Callable[[], None]:
    """Somebody who replays a reject, and maybe comes too late."""

    def act() -> None:
        with suppress(RefusedError):
            replay(reject_id, by=By("ops"))

    return act


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_shops_do_not_wait_for_each_other(till, other_till):
    own, others = till.receive(sale("A")), other_till.receive(sale("A", (8, 1)))
    with ThreadPoolExecutor(2) as pool:
        with writing() as session:
            sales.hold_shop(session, till.shop_id, till.id)
            waits = pool.submit(process, own.batch_id)
            until(somebody_waits, what="who waits for the shop")

            assert pool.submit(process, others.batch_id).result(30) == "done"
            assert not waits.done()
        assert waits.result(30) == "done"


def somebody_waits() -> bool:
    """Whether a session waits for another one's lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with reading() as session:
        return bool(session.scalar(text(query)))


def test_tills_and_a_sync_at_the_same_shelves(b2b, quick, caplog):
    open_shop()
    for number in b2b.catalogue.products:
        b2b.catalogue.products.edit(number, site_id=1)
    sync_now(PRODUCTS)
    over = Event()
    with ThreadPoolExecutor(5) as pool:
        selling = [pool.submit(sell, ident, random.Random(ident)) for ident in range(1, 5)]  # noqa: S311 - no secret
        syncing = pool.submit(keep_changing, b2b, over)
        wait(selling)
        over.set()
        done = [each.result() for each in selling]

    assert syncing.result() >= 2
    assert set(done) == {SOLD_EACH}
    assert "sales.again" not in caplog.text
    assert deadlocks() == 0
    sync_now(PRODUCTS)
    with reading() as session:
        sold = dict(
            session.execute(
                select(SaleLine.product_id, func.sum(SaleLine.quantity)).group_by(
                    SaleLine.product_id
                )
            ).all()
        )
    for row in products().values():
        assert row.stock == row.upstream_stock - sold[row.id]


SOLD_EACH = 12 * 8


def open_shop() -> None:
    """One shop that sells whatever it is asked for, with four tills."""
    with writing() as session:
        session.add(Shop(id=1, name="Boutique", site_id="1", stock_policy="allow"))
        session.flush()
        session.add_all(
            Terminal(id=ident, shop_id=1, serial=f"s-{ident}", name="Caisse")
            for ident in range(1, 5)
        )


def sell(ident: int, chance: random.Random) -> int:
    """A till sends twelve batches of eight sales, articles in any order; how many were sold."""
    till = Till(ident, 1)
    shelves = [row.id for row in products().values()]
    good = 0
    for batch in range(12):
        sent = [
            sale(f"{ident}-{batch}-{place}", *((each, 1) for each in chance.sample(shelves, 5)))
            for place in range(8)
        ]
        good += till.send(*sent)["statistiques"]["reussies"]
    return good


def keep_changing(source: B2B, over: Event) -> int:
    """Every product's stock and price change and are synced, again and again; how often."""
    turn = 0
    while not over.is_set():
        turn += 1
        for number in source.catalogue.products:
            source.catalogue.products.edit(number, stock=turn * number, price=f"{turn}.50")
        done = sync_now(PRODUCTS)
        assert (done["status"], done["updated"]) == ("succeeded", 25)
    return turn


def deadlocks() -> int:
    """How many PostgreSQL has broken off."""
    if engine().dialect.name == "sqlite":
        return 0
    # A session tells when it ends.
    dispose()
    query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    with reading() as session:
        return int(session.scalar(text(query)) or 0)


def adjust_to(article: int, pieces: int) -> None:
    """A person puts so many there."""
    with writing() as session:
        found = stock.adjust(session, article, 0, "look")
        stock.adjust(session, article, pieces - found, "restock")


def put_all(till: Till, sent: Sequence[list[Any]]) -> list[int]:
    """These batches, as they are kept, at the price of one statement."""
    kept = [
        SalesBatch(
            uuid=str(uuid4()), shop_id=till.shop_id, terminal_id=till.id, body_hash="",
            count=len(each), body=crypto.seal(json.dumps(each)),
        )
        for each in sent
    ]  # fmt: skip
    with writing() as session:
        session.add_all(kept)
        session.flush()
        return [batch.id for batch in kept]


def told(ids: Sequence[int]) -> dict[str, int]:
    """How many sales of these batches went well, and the codes of the others."""
    with reading() as session:
        results = session.scalars(select(SalesBatch.result).where(SalesBatch.id.in_(ids))).all()
    found: Counter[str] = Counter()
    for result in results:
        body = json.loads(result or "{}")
        found["sold"] += body["statistiques"]["reussies"]
        found.update(error["code"] for error in body["ventes_erreurs"] or ())
    return dict(found)
