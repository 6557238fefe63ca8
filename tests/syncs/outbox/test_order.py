"""Commands about one object go in order; all others pass each other; one worker has each."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from db.models import OutboxObject
from db.session import reading, writing
from db.types import db_now
from db.work import outbox_acts, outbox_claims
from db.work.claims import LeaseLost
from syncs.outbox import send
from syncs.views import outbox as views
from tests.given_commands import carry_out, change, died, price, put, row, rung

AMOUNTS = [f"{n + 1}.00" for n in range(20)]


def objects() -> int:
    with reading() as session:
        return session.query(OutboxObject).count()


def test_twenty_prices_of_one_article_go_in_order(vendor):
    idents = [put(price(amount=amount)) for amount in AMOUNTS]

    assert rung() == idents[:1]
    for ident in reversed(idents[1:]):
        assert send.carry_out(ident).state is None
    waiting = idents[:1]
    while waiting:
        carried = send.carry_out(waiting.pop())
        waiting += carried.following

    assert [amount for _, amount in vendor.writes] == AMOUNTS
    assert objects() == 0


def test_two_workers_keep_the_order_too(vendor):
    idents = [put(price(amount=amount)) for amount in AMOUNTS]

    def work(_: int) -> None:
        while any(row(ident).status != "done" for ident in idents):
            for ident in rung():
                send.carry_out(ident)

    with ThreadPoolExecutor(2) as workers:
        list(workers.map(work, range(2)))

    assert [amount for _, amount in vendor.writes] == AMOUNTS


def test_other_articles_pass_one_that_waits(vendor):
    stuck, other = put(price("CAFE")), put(price("THE"))
    vendor.next = [503]

    assert [carry_out(stuck), carry_out(other)] == ["waiting", "done"]
    assert vendor.writes == [("THE", "2.40")]


def test_a_command_about_two_articles_waits_for_both(vendor):
    coffee, tea, both = put(price("CAFE")), put(price("THE")), put(price("CAFE"), price("THE"))

    carry_out(coffee)
    assert carry_out(both) is None
    with reading() as session:
        assert views.find(session, both, opened=False).waits_for == [tea]
    carry_out(tea)
    assert carry_out(both) == "done"


def test_what_a_person_has_to_decide_holds_back_what_follows(vendor):
    unknown, later = put(), put(price(amount="2.50"))
    change(unknown, status="unknown")

    assert carry_out(later) is None
    with writing() as session:
        assert outbox_acts.resolve(session, unknown, "done") == [later]
    assert carry_out(later) == "done"


def test_what_is_taken_back_lets_the_next_go(vendor):
    first, later = put(), put(price(amount="2.50"))

    with writing() as session:
        assert outbox_acts.cancel(session, first) == [later]
    assert carry_out(later) == "done"
    assert vendor.writes == [("CAFE", "2.50")]


def test_of_two_workers_one_has_it(vendor):
    ident, start = put(), Barrier(2)

    def work(_: int) -> str | None:
        start.wait()
        return send.carry_out(ident).state

    with ThreadPoolExecutor(2) as workers:
        states = list(workers.map(work, range(2)))

    assert sorted(map(str, states)) == ["None", "done"]
    assert vendor.asked == ["POST /articles"]


def test_who_was_frozen_past_its_lease_writes_nothing(vendor):
    ident = put()
    with writing() as session:
        frozen = outbox_claims.claim(session, ident, seconds=10)
    assert frozen is not None
    change(ident, lease_until=db_now(-1))
    assert send.carry_out(ident).state == "done"

    with pytest.raises(LeaseLost), writing() as session:
        outbox_claims.end(session, frozen, outbox_claims.Ending(state="failed"), errors=[])

    assert row(ident).status == "done"


def test_a_lease_outlives_its_call(vendor):
    ident = put()
    seen = []
    vendor.on_write = lambda: seen.append(row(ident))

    send.carry_out(ident)

    (during,) = seen
    assert during.status == "sending"
    assert during.sent_at is not None
    assert during.lease_until is not None
    assert 85 < (during.lease_until - during.sent_at).total_seconds() < 95


def test_a_sweeper_rings_for_what_a_dead_worker_left(vendor):
    ident = put()
    assert rung() == [ident]
    died(ident)

    assert rung() == [ident]
    carry_out(ident)
    assert rung() == []
