"""A worker dies, or freezes, with a batch in its hands."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from db.models import FailedTask, Sale, SalesBatch, Shop
from db.session import reading, writing
from syncs.sales.process import TASK
from syncs.trying import MOST_FAILURES
from tests.faults import shopfloor
from tests.faults.checker import examine
from tests.faults.generator import Sent, SentSale, post
from tests.faults.shopfloor import Counter, Floor
from tests.faults.stage import ROOT, Process, Stage, Web, tell
from tests.servers import until

MAIN = ("-c", "1", "-Q", "sales,outbox,upkeep")
LEASE = 60
RETAKEN = 70


def big(floor: Floor, name: str, counter: Counter | None = None) -> Sent:
    """A batch that takes its worker long enough to be caught at it."""
    counter = counter or floor.counters[0]
    one = [(counter.articles[place % 5], 1) for place in range(20)]
    return Sent(counter, [SentSale(f"{name}-{number}", one) for number in range(400)])


def send(url: str, sent: Sent) -> int:
    """Have it taken in; the batch's id."""
    answer = post(url, sent, prefer="respond-async")
    assert answer.status_code == 202, answer.text
    sent.accepted = True
    with reading() as session:
        query = select(SalesBatch.id).where(SalesBatch.uuid == answer.json()["batch_id"])
        return session.scalars(query).one()


def state(ident: int) -> tuple[str, int]:
    """The batch's status, and how often it was claimed."""
    with reading() as session:
        query = select(SalesBatch.status, SalesBatch.lease_token).where(SalesBatch.id == ident)
        status, token = session.execute(query).one()
    return status, token


def until_claimed(ident: int, times: int, *, patience: float = 30) -> None:
    """Return as soon as the batch is claimed for the ``times``-th time."""
    until(lambda: state(ident)[1] >= times, what=f"claim {times}", patience=patience)


def kill_children(worker: Process) -> None:
    """All of them: one has the batch."""
    for child in worker.children():
        child.kill()


def sold() -> int:
    """Sales in the store."""
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Sale)) or 0


def kill_at_work(stage: Stage, floor: Floor, web: Web) -> tuple[Sent, int]:
    """A batch whose worker's child died in the middle of it."""
    worker = stage.worker(*MAIN)
    before = sold()
    sent = big(floor, "BIG")
    ident = send(web.url, sent)
    until_claimed(ident, 1)
    kill_children(worker)
    until(lambda: bool(worker.children()), what="new child")
    assert (state(ident), sold()) == (("running", 1), before)
    return sent, ident


@pytest.mark.timeout(200)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_the_killed_and_the_frozen_held_is_retaken_in_seventy_seconds(stage):
    """One stands still in the middle of its transaction, and holds all that it has locked."""
    floor = shopfloor.furnish()
    web, frozen = stage.web(), stage.worker("-n", "frozen@%h", *MAIN)
    first = big(floor, "FROZEN", counter=floor.counters[-1])
    batches = [send(web.url, first)]
    until(lambda: not nobody_holds(first.counter.shop_id), what="transaction")
    frozen.freeze()
    assert not nobody_holds(first.counter.shop_id)
    began = [time.monotonic()]
    second, ident = kill_at_work(stage, floor, web)
    batches.append(ident)
    began.append(time.monotonic())
    for ident, begin in zip(batches, began, strict=True):
        until_claimed(ident, 2, patience=begin + RETAKEN - time.monotonic())
        tell(f"retaken after {time.monotonic() - begin:.1f} s")
    shopfloor.drain(patience=25)

    assert time.monotonic() - began[-1] > LEASE - 5
    frozen.thaw()
    until(lambda: "sales.again" in frozen.output, what="zombie", why_not=lambda: frozen.output)
    until(
        lambda: "sales.batch_lost" in frozen.output, what="its end", why_not=lambda: frozen.output
    )
    verdict = examine(floor, [first, second])
    assert verdict.clean, verdict


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_killed_batch_is_retaken_as_soon_as_its_lease_is_over(stage):
    floor = shopfloor.furnish()
    sent, ident = kill_at_work(stage, floor, stage.web())
    assert shopfloor.expire_leases() == 1
    shopfloor.drain(patience=25)

    verdict = examine(floor, [sent])
    assert verdict.clean, verdict
    assert state(ident) == ("done", 2)


def test_a_worker_that_thaws_after_its_lease_writes_nothing(stage):
    floor = shopfloor.furnish()
    web, zombie = stage.web(), stage.worker("-n", "zombie@%h", *MAIN)
    sent, ident = freeze_at_work(web, zombie, floor)
    stage.worker("-n", "heir@%h", *MAIN)
    assert shopfloor.expire_leases() == 1
    shopfloor.drain(patience=25)
    before = answer_of(ident)

    zombie.thaw()
    until(lambda: "sales.batch_lost" in zombie.output, what="zombie", why_not=lambda: zombie.output)

    assert state(ident) == ("done", 2)
    assert answer_of(ident) == before
    verdict = examine(floor, sent)
    assert verdict.clean, verdict


def test_a_batch_that_kills_each_child_is_set_aside_and_sold_when_a_person_retries_it(stage):
    floor = shopfloor.furnish()
    # Only the till rings: a sweeper that rang first would have it done before it is killed.
    worker = stage.worker(*MAIN, celery="tests.faults.without_sweeper")
    web = stage.web()
    poison = replace(big(floor, "POISON"), key="poison")
    for claim in range(1, MOST_FAILURES + 1):
        # The till asks again, which rings for it.
        ident = send(web.url, poison)
        until_claimed(ident, claim)
        kill_children(worker)
        assert (state(ident), sold()) == (("running", claim), 0)
        assert shopfloor.expire_leases() == 1
    send(web.url, poison)
    until(lambda: state(ident)[0] == "failed", what="end of it", why_not=lambda: worker.output)

    with reading() as session:
        failed = session.scalars(select(FailedTask)).one()
        assert (failed.task, failed.args, failed.state) == (TASK, [ident], "open")
        assert failed.attempts[-1]["code"] == "DIED"
    other = Sent(floor.counters[1], [SentSale("HARMLESS", [(floor.counters[1].articles[0], 1)])])
    assert post(web.url, other, prefer="wait=20").status_code == 201
    assert sold() == 1
    done = subprocess.run(
        [sys.executable, "manage.py", "failed", "retry", str(failed.id), "--json"],
        cwd=ROOT, env=stage.environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["retried"] == [{"id": failed.id, "as": f"batch {ident}"}]
    shopfloor.drain(patience=25)
    other.accepted = True
    verdict = examine(floor, [poison, other])
    assert verdict.clean, verdict
    assert verdict.sold == len(poison.sales) + 1


def freeze_at_work(web: Web, worker: Process, floor: Floor) -> tuple[list[Sent], int]:
    """What was sent, and the batch of a worker that stands still between claim and transaction.

    Not in the transaction: on SQLite nobody else could write.
    """
    counter, sent = floor.counters[0], []
    for number in range(10):
        sale = SentSale(f"SLOW-{number}", [(counter.articles[0], 1)], ballast=400_000)
        sent.append(Sent(counter, [sale]))
        ident = send(web.url, sent[-1])
        until_claimed(ident, 1)
        worker.freeze()
        if state(ident) == ("running", 1) and nobody_holds(counter.shop_id):
            return sent, ident
        worker.thaw()
        shopfloor.drain(patience=25)
    raise AssertionError("the worker was never caught")


def nobody_holds(shop_id: int) -> bool:
    """Whether the store, or at least the shop's row, could be had for writing at this moment."""
    try:
        with writing(patience=0) as session:
            session.get_one(Shop, shop_id, with_for_update={"nowait": True})
    except OperationalError:
        return False
    return True


def answer_of(ident: int) -> str | None:
    """The bytes that the till is told."""
    with reading() as session:
        return session.get_one(SalesBatch, ident).result
