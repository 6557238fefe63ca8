"""A batch that cannot be processed: tried again, kept for a person, never half done."""

from __future__ import annotations

import pytest
from sqlalchemy import event, update
from sqlalchemy.exc import OperationalError

from core.errors import MoulinError, RefusedError
from db.models import AuditEvent, Product, Sale, SalesBatch, Terminal
from db.session import engine, reading, writing
from db.tills import batch_claims
from db.tills.batch_claims import BatchLost
from db.types import db_now
from db.work import claims, failures, rejects
from syncs.acts import failures as acts
from syncs.acts.by import By
from syncs.acts.rejects import replay
from syncs.due import sweep
from syncs.sales.process import TASK, process
from syncs.trying import MOST_FAILURES
from tests.syncs.sales.conftest import CASE, PHONE, adjust, count, open_rejects, sale, stock_of


def batch(ident: int = 1) -> SalesBatch:
    with reading() as session:
        return session.get_one(SalesBatch, ident)


def rung() -> list[tuple[str, int]]:
    """The batches one round of the sweeper rings for."""
    return [(task, ident) for task, ident in sweep.once() if task == TASK]


def expire(ident: int = 1) -> None:
    """The lease's end has come, and so has every moment one had to wait for."""
    with writing() as session:
        session.execute(
            update(SalesBatch)
            .where(SalesBatch.id == ident)
            .values(lease_until=db_now(-1), not_before=None, rung_at=None)
        )


def seal_with_a_key_we_lost(ident: int = 1) -> None:
    with writing() as session:
        kept = session.get_one(SalesBatch, ident)
        kept.body = "00000000:" + kept.body.partition(":")[2]


def test_a_batch_that_fails_is_tried_again_and_then_kept(till):
    till.receive(sale("A"))
    whole = batch().body
    seal_with_a_key_we_lost()

    for _ in range(MOST_FAILURES):
        expire()
        with pytest.raises(MoulinError, match="sealed with key"):
            process(1)

    assert (batch().status, len(batch().errors)) == ("failed", MOST_FAILURES)
    with reading() as session:
        (failed,) = failures.recent(session)
    assert (failed.task, failed.args, failed.queue) == (TASK, [1], "sales")
    assert len(failed.attempts) == MOST_FAILURES

    with writing() as session:
        session.get_one(SalesBatch, 1).body = whole
    again = acts.retry(failed.id, by=By("Awa"))
    assert again == (TASK, 1, "batch 1")
    assert process(1) == "done"
    assert stock_of(PHONE) == 9


def test_it_waits_between_tries(till):
    till.receive(sale("A"))
    seal_with_a_key_we_lost()
    with pytest.raises(MoulinError):
        process(1)

    assert batch().not_before is not None
    assert process(1) == "left"


def test_whoever_dies_without_a_word_is_counted(till):
    till.receive(sale("A"))
    for _ in range(MOST_FAILURES):
        with writing() as session:
            assert batch_claims.claim(session, 1, seconds=60) is not None
        assert process(1) == "left"  # the dead one's lease
        expire()

    with pytest.raises(MoulinError, match="died without saying why"):
        process(1)

    assert batch().status == "failed"


def test_a_worker_that_was_frozen_writes_nothing(till):
    till.receive(sale("A"))
    with writing() as session:
        frozen = batch_claims.claim(session, 1, seconds=60)
    assert frozen is not None
    expire()
    assert process(1) == "done"

    with pytest.raises(BatchLost), writing() as session:
        batch_claims.finish(session, frozen, result="{}", accepted=0, refused=0)

    assert batch().result != "{}"


def test_what_a_frozen_worker_had_sold_is_undone(till):
    till.receive(sale("A"))

    def steal(session_or_connection, *_):
        """Between its writing and its end another one takes the batch."""
        session_or_connection.exec_driver_sql(
            "UPDATE sales_batches SET lease_token = lease_token + 1"
        )

    stolen: list[bool] = []

    def watch(connection, cursor, statement, parameters, context, executemany):
        if "accepted" in statement and not stolen:
            stolen.append(True)
            steal(connection)

    event.listen(engine(), "before_cursor_execute", watch)
    try:
        assert process(1) == "left"
    finally:
        event.remove(engine(), "before_cursor_execute", watch)

    assert stolen
    assert (count(Sale), stock_of(PHONE)) == (0, 10)


def test_a_database_that_breaks_off_is_no_fault_of_the_batch(till):
    till.receive(sale("A"))

    def break_off(connection):
        raise OperationalError("COMMIT", None, Exception("the server closed the connection"))

    for _ in range(MOST_FAILURES + 1):
        expire()
        commits: list[int] = []

        def watch(connection, commits=commits):
            # The claim goes through, what comes of it does not.
            commits.append(1)
            if 1 < len(commits) < 6:
                break_off(connection)

        event.listen(engine(), "commit", watch)
        try:
            with pytest.raises(OperationalError):
                process(1)
        finally:
            event.remove(engine(), "commit", watch)

    assert (batch().status, batch().failures, count(Sale)) == ("due", 0, 0)
    expire()
    assert process(1) == "done"


def test_a_deadlock_is_tried_again_at_once(till):
    till.receive(sale("A"))
    commits: list[int] = []

    def watch(connection):
        commits.append(1)
        if len(commits) == 2:
            raise OperationalError("COMMIT", None, Exception("deadlock detected"))

    event.listen(engine(), "commit", watch)
    try:
        assert process(1) == "done"
    finally:
        event.remove(engine(), "commit", watch)

    assert (count(Sale), stock_of(PHONE)) == (1, 9)


def test_a_sale_the_database_refuses_disturbs_no_other(till):
    with writing() as session:
        # A stock that cannot grow by one more: the refund's, not the others'.
        case = session.get_one(Product, CASE)
        adjust_to = 2**63 - 1 - case.stock
    adjust(CASE, adjust_to)

    answer = till.send(sale("A"), sale("B", (CASE, -1)), sale("C"), sale("C"))

    codes = [(error["numero_facture"], error["code"]) for error in answer["ventes_erreurs"]]
    assert codes == [("B", "REFUS_BASE"), ("C", "DOUBLON")]
    assert answer["statistiques"]["reussies"] == 2
    assert [reject.code for reject in open_rejects()] == ["REFUS_BASE"]
    assert stock_of(PHONE) == 8


def test_the_sweeper_rings_for_what_nobody_answers(till):
    received = till.receive(sale("A"))
    assert rung() == []  # the web rang a moment ago
    expire()

    assert rung() == [(TASK, received.batch_id)]
    assert rung() == []

    with writing() as session:
        batch_claims.claim(session, 1, seconds=60)
    with writing() as session:
        session.get_one(SalesBatch, 1).rung_at = None
    assert rung() == []  # somebody has it
    expire()
    assert rung() == [(TASK, 1)]


def test_the_oldest_are_rung_for_first_and_not_all_at_once(till, monkeypatch):
    monkeypatch.setattr(claims, "AT_ONCE", 3)
    for number in range(5):
        till.receive(sale(f"V-{number}"))
        expire(number + 1)

    assert [ident for _, ident in rung()] == [1, 2, 3]
    assert [ident for _, ident in rung()] == [4, 5]


def test_a_refused_sale_is_sold_after_a_correction_of_the_stock(till):
    till.send(sale("A", (CASE, 6)), sale(None, (CASE, 7)))
    with pytest.raises(RefusedError, match="Stock insuffisant pour Coque"):
        replay(1, by=By("Awa"))
    assert len(open_rejects()) == 2
    adjust(CASE, 10)

    replay(1, by=By("Awa"))
    replay(2, by=By("Awa"))

    assert stock_of(CASE) == 2
    assert open_rejects() == []
    number = batch().number_stamp
    again = till.send(sale("A", (CASE, 6)))
    assert again["ventes_creees"][0]["deja_enregistree"] is True
    with reading() as session:
        assert {sale.invoice_number for sale in session.query(Sale)} == {
            "A", f"VENTE-2-{number}-1",
        }  # fmt: skip
        assert count(AuditEvent) == 2
        assert rejects.find(session, 1).state == "replayed"


def test_two_replays_sell_it_once(till):
    till.send(sale("A", (CASE, 6)))
    adjust(CASE, 10)
    replay(1, by=By("Awa"))

    with pytest.raises(RefusedError, match="replayed already"):
        replay(1, by=By("Moussa"))

    assert stock_of(CASE) == 9


def test_a_batch_of_a_revoked_terminal_is_still_processed(till):
    till.receive(sale("A"))
    with writing() as session:
        session.get_one(Terminal, till.id).active = False

    assert process(1) == "done"


def test_a_refused_sale_without_a_number_that_was_sold_since_is_not_sold_by_its_replay(till):
    for _ in range(3):
        till.send(sale(None, (CASE, 6)))
    adjust(CASE, 100)
    till.send(sale(None, (CASE, 6)))

    for refused in (1, 2, 3):
        with pytest.raises(RefusedError, match="An equal sale without a number was sold"):
            replay(refused, by=By("Awa"))

    assert stock_of(CASE) == 99
    assert len(open_rejects()) == 3


def test_two_equal_sales_of_one_batch_are_two_when_they_are_replayed(till):
    till.send(sale(None, (CASE, 6)), sale(None, (CASE, 6)))
    adjust(CASE, 100)

    replay(1, by=By("Awa"))
    replay(2, by=By("Awa"))

    assert stock_of(CASE) == 93
