"""Till histories: whatever tills, workers and people do, the store says what was promised.

After every step each accepted number is in once, totals are exact, stock is the sum of its
movements, nothing accepted is missing, and what was refused waits for a person.
"""

from __future__ import annotations

import json
from contextlib import nullcontext
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, update

import core.settings
from core.errors import RefusedError
from db.catalogue import shops, stock
from db.catalogue.shops import Values
from db.models import Product, Reject, SalesBatch, Shop
from db.session import reading, writing
from db.tills.batch_claims import BatchLost
from db.tills.batches import KeyReused
from db.work import failures
from syncs.acts import failures as acts_of_failures
from syncs.acts import rejects, terminals
from syncs.acts.by import By
from syncs.due import sweep
from syncs.registry import SYNCS
from syncs.sales import process as sales
from tests.properties.agreement import check
from tests.properties.books import Raw, Refusal, read
from tests.properties.chain import Chain, put
from tests.properties.crashes import MOMENTS, Bug, Crash, Killed
from tests.properties.sent import DEATHS, FATES, REQUESTS
from tests.properties.shops import ARTICLES, TILLS, move, pass_time

Request = tuple[int, list[Raw]]
Fate = Crash | str


class History(Chain):
    """Two shops, four tills, workers that die, and people who mend."""

    def __init__(self) -> None:
        super().__init__()
        self.keys = 0
        self.taken_up: list[tuple[int, str, int, object]] = []

    @invariant()
    def what_was_taken_up_is_sold_once(self) -> None:
        """Under the number that was told, or beside it; by the till that was told."""
        for shop, number, batch, content in self.taken_up:
            found = [self.books.sold.get((shop, each)) for each in (number, f"{number}-{batch}")]
            till = self.books.batches[batch].till
            same = [sold for sold in found if sold is not None and sold.till == till]
            assert sum(sold.content == content for sold in same) < 2

    # The tills

    @initialize(request=REQUESTS, fate=FATES)
    def open(self, request: Request, fate: Fate) -> None:
        """The first batch of the day."""
        self.send(request, keyed=True, fate=fate)

    @rule(request=REQUESTS, keyed=st.booleans(), fate=FATES)
    def send(self, request: Request, keyed: bool, fate: Fate) -> None:  # noqa: FBT001 - hypothesis gives it by name
        """A batch is received."""
        self.keys += 1
        self.meet(self.receive(*request, f"key-{self.keys}" if keyed else None), fate)

    @rule(data=st.data(), fate=FATES)
    def send_again(self, data: st.DataObject, fate: Fate) -> None:
        """The answer was lost, and the till has no keys: the same body is another batch."""
        old = self.any_batch(data)
        self.meet(self.receive(old.till, old.sales, None), fate)

    @rule(data=st.data(), fate=FATES)
    def regroup(self, data: st.DataObject, fate: Fate) -> None:
        """Sales of two batches come in one, in another order, maybe from the other till."""
        one, other = self.any_batch(data), self.any_batch(data)
        mixed = data.draw(st.permutations(one.sales + other.sales))[:5]
        till = data.draw(st.sampled_from([one.till, other.till]))
        self.meet(self.receive(till, mixed, None), fate)

    @rule(data=st.data(), other=st.none() | REQUESTS, fate=FATES)
    def send_with_the_same_key(
        self, data: st.DataObject, other: Request | None, fate: Fate
    ) -> None:
        """What was sold stays, what was refused is tried again; something else is not even kept."""
        batch = data.draw(st.sampled_from(self.keyed()))
        if other is not None and json.dumps(other[1]) != json.dumps(batch.sales):
            with pytest.raises(KeyReused):
                put(batch.till, other[1], batch.key)
        received = put(batch.till, batch.sales, batch.key)
        assert (received.batch_id, received.replayed) == (batch.id, True)
        if batch.status == "done" and batch.answers[-1].counts[2]:
            batch.status = "due"
        assert (received.status, received.result is None) == (batch.status, batch.status != "done")
        self.meet(batch, fate)

    @precondition(lambda self: self.given())
    @rule(data=st.data(), same=st.booleans(), fate=FATES)
    def take_up_a_number(self, data: st.DataObject, same: bool, fate: Fate) -> None:  # noqa: FBT001 - as above
        """A till sends what was refused again under the number it was told of it, or another sale
        under that: it may have chosen such a number for itself.
        """
        refusal = data.draw(st.sampled_from(self.given()))
        batch = self.books.batches[refusal.batch]
        _, (other, *_) = data.draw(REQUESTS.filter(lambda request: TILLS[request[0]] == batch.shop))
        raw = batch.sales[refusal.index - 1] if same else other
        self.taken_up.append((batch.shop, str(refusal.number), batch.id, read(raw)))
        sent = [raw | {"numero_facture": refusal.number}]
        self.meet(self.receive(batch.till, sent, None), fate)

    @rule(request=REQUESTS, moment=st.sampled_from(MOMENTS))
    def die_while_receiving(self, request: Request, moment: str) -> None:
        """The till hears nothing; after the commit the batch is in all the same."""
        with pytest.raises(Killed), Crash(Killed(), 1, moment).armed():
            put(*request, None)
        if moment == "after":
            with reading() as session:
                newest = session.scalars(select(SalesBatch).order_by(SalesBatch.id.desc())).first()
            assert newest is not None
            self.enter(newest.id, *request, None)

    # The workers

    @rule(data=st.data(), fate=FATES)
    def be_told(self, data: st.DataObject, fate: Fate) -> None:
        """A message comes, or comes again."""
        self.meet(self.any_batch(data), fate)

    @precondition(lambda self: self.unfinished())
    @rule(data=st.data(), crashes=DEATHS)
    def die_again_and_again(self, data: st.DataObject, crashes: list[Crash]) -> None:
        """A batch kills its workers."""
        batch = data.draw(st.sampled_from(self.unfinished()))
        for crash in crashes:
            self.pass_an_hour()
            self.meet(batch, crash)

    @precondition(lambda self: self.startable())
    @rule(data=st.data(), ends=st.booleans(), stumbles=st.booleans())
    def thaw(self, data: st.DataObject, ends: bool, stumbles: bool) -> None:  # noqa: FBT001 - as above
        """A frozen worker wakes up when another one has its batch, or has ended it."""
        batch = data.draw(st.sampled_from(self.startable()))
        frozen = self.claim(batch)
        self.pass_an_hour()
        if ends:
            self.work(batch)
        other = None if ends else self.claim(batch)
        stale = (
            partial(sales._put_back, frozen, Bug(), None)
            if stumbles
            else partial(sales._sell, frozen)
        )
        with pytest.raises(BatchLost):
            stale()
        check(self.books)
        if other is not None:
            sales._sell(other)
            self.books.work(batch)

    @precondition(lambda self: self.chosen(lambda batch: batch.held or batch.rests))
    @rule()
    def pass_an_hour(self) -> None:
        """Leases and pauses end."""
        pass_time()
        for batch in self.books.batches.values():
            batch.held = batch.rests = False

    @precondition(lambda self: self.unfinished())
    @rule()
    def sweep(self) -> None:
        """A sweeper rings for all that nobody answers for, once."""
        self.pass_an_hour()
        rung = [ident for task, ident in sweep.once() if task == sales.TASK]
        assert rung == sorted(batch.id for batch in self.unfinished())
        assert sweep.once() == []
        for ident in rung:
            self.work(self.books.batches[ident])

    # The people

    @rule(ident=st.sampled_from(sorted(ARTICLES)), pieces=st.integers(-2, 5).filter(bool))
    def restock(self, ident: int, pieces: int) -> None:
        """Stock comes, or is found missing."""
        with writing() as session:
            stock.adjust(session, ident, pieces, "inventaire")
        self.books.articles[ident].stock += pieces

    @rule(shop=st.sampled_from([1, 2]), price=st.sampled_from(["1.01", "3", "0.0003"]))
    def change_prices_and_policy(self, shop: int, price: str) -> None:
        """All articles of a shop cost this from now on; it sells below zero, or no more."""
        allows = not self.books.allows_negative[shop]
        with writing() as session:
            session.get_one(Shop, shop).stock_policy = "allow" if allows else "reject"
            session.execute(
                update(Product).where(Product.shop_id == shop).values(price=Decimal(price))
            )
        self.books.allows_negative[shop] = allows
        for article in self.books.articles.values():
            if article.shop == shop:
                article.price = Decimal(price)

    @rule(ident=st.sampled_from(sorted(ARTICLES)))
    def move_an_article(self, ident: int) -> None:
        """It is the other shop's from now on; what the old one sells of it is taken too."""
        to = 3 - self.books.articles[ident].shop
        move(ident, to)
        self.books.move(ident, to)

    @rule(shop=st.sampled_from([1, 2]))
    def share_a_stock(self, shop: int) -> None:
        """A shop sells from the other one, or no longer; never each from the other."""
        other = 3 - shop
        alone = shop in self.books.sells_from
        chained = not alone and other in self.books.sells_from
        with pytest.raises(RefusedError) if chained else nullcontext(), writing() as session:
            shops.change(session, shop, Values(sells_from=None if alone else other))
        if alone:
            self.books.sell_alone(shop)
        elif not chained:
            self.books.sells_from[shop] = other

    @precondition(lambda self: self.books.refused)
    @rule(data=st.data(), moment=st.sampled_from([None, *MOMENTS]))
    def replay(self, data: st.DataObject, moment: str | None) -> None:
        """A refused sale is tried again, by somebody whose connection may break."""
        refusal = data.draw(st.sampled_from(sorted(self.books.refused.values(), key=str)))
        ident = reject_of(refusal)
        crash = None if moment is None else Crash(Killed(), 1, moment, statement=3)
        with crash.armed() if crash else nullcontext():
            try:
                rejects.replay(ident, by=By("ops"))
            except RefusedError:
                assert not self.books.replay(refusal)
            except Killed:
                if moment == "after":
                    assert self.books.replay(refusal)
            else:
                assert self.books.replay(refusal)

    @precondition(lambda self: self.conflicts())
    @rule(data=st.data(), number=st.sampled_from(["N-1", " N-2 ", "V-1", "V-3"]))
    def sell_under_another_number(self, data: st.DataObject, number: str) -> None:
        """Two sales have one number; a person gives the second another one, maybe a taken one."""
        refusal = data.draw(st.sampled_from(self.conflicts()))
        ident = reject_of(refusal)
        try:
            rejects.replay(ident, number=number, by=By("ops"))
        except RefusedError:
            assert not self.books.replay(refusal, number.strip())
        else:
            assert self.books.replay(refusal, number.strip())

    @rule(old=st.sampled_from([2, 3, 4]), new=st.sampled_from([2, 3, 4]))
    def replace_a_till(self, old: int, new: int) -> None:
        """A till breaks, and another one takes its place; or that makes no sense."""
        try:
            terminals.replace(f"serial-{old}", f"serial-{new}", by=By("ops"))
        except RefusedError:
            assert not self.books.replace(old, new)
        else:
            assert self.books.replace(old, new)

    @precondition(lambda self: self.books.replaces)
    @rule(data=st.data())
    def restore_a_till(self, data: st.DataObject) -> None:
        """It was another one that broke."""
        old = data.draw(st.sampled_from(sorted(self.books.replaces.values())))
        terminals.restore(f"serial-{old}", by=By("ops"))
        self.books.restore(old)

    @precondition(lambda self: self.failed())
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        """A batch that failed too often is tried again."""
        batch = data.draw(st.sampled_from(self.failed()))
        with reading() as session:
            (ident,) = [
                failed.id
                for failed in failures.recent(session, task=sales.TASK)
                if failed.args == [batch.id]
            ]
        acts_of_failures.retry(ident, by=By("ops"))
        batch.status, batch.failures = "due", 0
        self.work(batch)


def reject_of(refusal: Refusal) -> int:
    """The id of the open reject that a refusal is kept in."""
    with reading() as session:
        return session.scalars(
            select(Reject.id).filter_by(
                batch_id=refusal.batch, batch_position=refusal.index, code=refusal.code,
                state="open",
            )
        ).one()  # fmt: skip


def test_whatever_happens_the_store_says_what_was_promised(store, quick, monkeypatch):
    for sync in SYNCS.values():
        monkeypatch.setenv(f"SYNC_SCHEDULE_{sync.setting}", "")
    core.settings.reset()

    run_state_machine_as_test(
        History,
        settings=settings(
            max_examples=40,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )


pytestmark = pytest.mark.timeout(900)
