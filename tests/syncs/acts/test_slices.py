"""Acts on many rows: exactly those that matched, each once, whatever dies on the way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, select

from core.errors import RefusedError
from db.catalogue import shops
from db.models import BulkAct, FailedTask, SalesBatch, SyncRun
from db.session import engine, reading, writing
from db.tills import terminals
from db.work.failures import UNREAD
from syncs.acts import failures as single
from syncs.acts.bulk import asking
from syncs.acts.bulk.asking import ReasonMissing
from syncs.acts.by import By
from syncs.due import sweep
from tests.syncs.acts import made
from tests.syncs.acts.made import (
    AWA,
    CODES,
    Worker,
    act,
    audited,
    cause,
    counts,
    fail,
    finish,
    retry,
    run,
    runs,
)

pytestmark = pytest.mark.usefixtures("store")

FIRST, OTHER, THIRD = CODES


def test_of_ten_thousand_of_one_run_exactly_those_of_the_cause_are_retried(worker):
    run_id = run()
    for count, code in zip((3334, 3333, 3333), CODES, strict=True):
        fail(count, code, run_id=run_id)

    ident = retry({"fingerprint": cause(FIRST)})
    assert counts(ident) == (3334, 0, 0, 0, 3334)
    assert worker.work(ident) == "done"

    assert counts(ident) == (3334, 3334, 0, 0, 0)
    assert made.states(FIRST) == {"retried": 3334}
    assert made.states(OTHER) == made.states(THIRD) == {"open": 3333}
    assert [each.status for each in runs()] == ["failed", "due"]
    assert worker.rung == [("sync.b2b.products", runs()[1].id)]
    asked, ended = audited()
    assert (asked.who, asked.what, asked.subject, asked.why) == (
        "operator:awa", "failure.retry", f"act {ident}", "the key was renewed",
    )  # fmt: skip
    assert asked.details == {
        "filter": {"fingerprint": cause(FIRST)}, "matching": 3334, "canary": None,
    }  # fmt: skip
    assert (ended.what, ended.subject) == ("act.end", f"act {ident}")
    assert ended.details is not None
    assert (ended.details["done"], ended.details["status"]) == (3334, "done")


def test_the_others_stay_open_when_the_run_they_share_succeeds(worker):
    run_id = run()
    fail(2, FIRST, run_id=run_id)
    fail(2, OTHER, run_id=run_id)
    worker.work(retry({"fingerprint": cause(FIRST)}))
    with writing() as session:
        session.get_one(SyncRun, runs()[-1].id).status = "succeeded"

    assert made.states(OTHER) == {"open": 2}

    worker.work(retry({"fingerprint": cause(OTHER)}))
    assert made.states() == {"retried": 4}


def test_who_retries_one_retries_one():
    run_id = run()
    first, second = fail(2, run_id=run_id)

    again = single.retry(first, by=AWA)
    assert made.states() == {"retried": 1, "open": 1}

    # The run that this retry made due answers for the other one too.
    assert single.retry(second, by=AWA) == again
    assert len(runs()) == 2


def test_a_run_that_is_no_retry_answers_for_nothing(worker):
    ident = fail(run_id=run())[0]
    run(status="running")

    with pytest.raises(RefusedError, match="being run already"):
        single.retry(ident, by=AWA)
    act_id = retry()
    worker.work(act_id)

    assert counts(act_id) == (1, 0, 1, 0, 0)
    assert act(act_id).refusals[0]["id"] == ident
    assert made.states() == {"open": 1}


def test_a_run_that_ends_between_two_slices_is_not_begun_again(worker, small):
    fail(6, run_id=run())

    def end(_: object) -> None:
        with writing() as session:
            session.get_one(SyncRun, runs()[-1].id).status = "succeeded"

    worker.work(retry(), watch=end)

    assert made.states() == {"retried": 6}
    assert len(worker.rung) == 1
    assert len(runs()) == 2


def test_a_request_does_no_work_for_each_row():
    run_id = run()
    spent: list[tuple[int, int]] = []
    for count in (10, 10_000):
        fail(count, run_id=run_id)
        statements: list[str] = []

        def note(_connection, _cursor, statement, *_, into=statements):
            into.append(statement)

        event.listen(engine(), "before_cursor_execute", note)
        retry()
        event.remove(engine(), "before_cursor_execute", note)
        writes = [text for text in statements if text.startswith(("UPDATE", "INSERT"))]
        assert all("failed_tasks" not in text for text in writes)
        spent.append((len(statements), len(writes)))

    assert spent[0] == spent[1] <= (8, 2)
    assert made.states() == {"open": 10_010}


def test_what_fails_after_it_was_asked_for_is_left_alone(worker):
    run_id = run()
    old = fail(3, run_id=run_id)
    ident = retry()
    new = fail(2, run_id=run_id)

    worker.work(ident)

    with reading() as session:
        open_ones = session.scalars(select(FailedTask.id).where(FailedTask.state == "open")).all()
    assert sorted(open_ones) == new
    assert counts(ident) == (3, len(old), 0, 0, 0)


def test_of_two_acts_at_once_each_row_is_one_s(small):
    run_id = run()
    fail(30, FIRST, run_id=run_id)
    fail(30, OTHER, run_id=run_id)
    both = [retry({"fingerprint": cause(FIRST)}), retry({"task": "sync.b2b.products"})]
    workers = [Worker(), Worker()]

    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(lambda pair: finish(*pair), zip(workers, both, strict=True)))

    assert ended == ["done", "done"]
    assert made.states() == {"retried": 60}
    assert counts(both[0])[0] == 30
    assert counts(both[1])[0] == 60
    assert sum(counts(ident)[1] for ident in both) == 60
    for ident in both:
        matching, *parts = counts(ident)
        assert matching == sum(parts)
    assert len(runs()) == 2


def test_tasks_that_are_sent_again_are_few_at_once_and_each_is_sent_once(worker):
    fail(50, task="upkeep.forget", args=[])
    fail(5, run_id=run())

    ident = retry()
    assert worker.work(ident) == "done"

    assert counts(ident) == (55, 55, 0, 0, 0)
    assert worker.seen == [35, 15, 0]
    assert len(worker.posted) == len(set(worker.posted)) == 50


def test_a_sweeper_rings_for_what_nobody_does(worker):
    fail(2, run_id=run())
    ident = retry()
    assert ("upkeep.act", ident) not in sweep.once()

    made.expire(ident)

    assert ("upkeep.act", ident) in sweep.once()


def test_batches_are_due_again_and_each_is_rung_for(worker):
    with writing() as session:
        shop = shops.add(session, name="Boutique")
        terminals.add(session, shop_id=shop.id, serial="S-1", name="Caisse")
        session.add_all(batch(number) for number in range(3))
    kept = [fail(task="sales.process", args=[number])[0] for number in (1, 2, 3)]
    with writing() as session:
        session.get_one(SalesBatch, 3).status = "done"

    ident = retry({"task": "sales.process"})
    worker.work(ident)

    assert worker.rung == [("sales.process", 1), ("sales.process", 2)]
    assert counts(ident) == (3, 2, 1, 0, 0)
    assert act(ident).refusals == [
        {
            "id": kept[2], "code": "REFUSED",
            "detail": "Batch 3 is not failed any more; nothing to retry.",
        }
    ]  # fmt: skip


def batch(number: int) -> SalesBatch:
    """A batch that failed."""
    return SalesBatch(
        uuid=str(number), shop_id=1, terminal_id=1, body_hash="h", body="b", count=1,
        status="failed",
    )  # fmt: skip


@pytest.mark.parametrize("args", [[], ["one"], [None]])
def test_a_failure_that_names_no_row_is_refused(worker, args):
    ident = fail(task="sales.process", args=args)[0]

    with pytest.raises(RefusedError, match="names no batch"):
        single.retry(ident, by=AWA)
    act_id = retry()
    worker.work(act_id)
    assert counts(act_id) == (1, 0, 1, 0, 0)


def test_a_message_that_could_not_be_read_is_dismissed_and_never_retried(worker):
    fail(2, task=UNREAD, args=[])

    assert counts(retry())[0] == 0
    ident = asking.ask("failure.dismiss", {"task": UNREAD}, by=AWA).id
    worker.work(ident)

    assert counts(ident) == (2, 2, 0, 0, 0)


def test_more_than_one_row_wants_a_reason():
    run_id = run()
    fail(1, run_id=run_id)
    assert retry(by=By("cli:awa"))
    fail(1, run_id=run_id)

    with pytest.raises(ReasonMissing, match="2 rows match"):
        retry(by=By("cli:awa"))

    with reading() as session:
        assert len(session.scalars(select(BulkAct)).all()) == 1


def test_what_matches_nothing_is_done_at_once(worker):
    ident = retry({"task": "sync.none"}, by=By("cli:awa"))

    assert worker.work(ident) == "done"
    assert counts(ident) == (0, 0, 0, 0, 0)
