"""Lists of batches, and that looking for work reads no more than there is to do."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import InvalidRequestError

from db.models import SalesBatch
from db.session import engine, reading, writing
from db.tills import batches
from db.work import claims
from tests.syncs.sales import conftest
from tests.syncs.sales.conftest import sale

till = conftest.till


def test_batches_are_listed_without_what_was_sent(till):
    first = till.receive(sale("A"))
    second = till.receive(sale("B"))

    with reading() as session:
        found = batches.recent(session)
        assert [batch.id for batch in found] == [second.batch_id, first.batch_id]
        assert batches.senders(session, found) == {till.id: "Terminal messie vanza"}
        with pytest.raises(InvalidRequestError):
            _ = found[0].body
        assert batches.recent(session, shop_id=1) == []
        assert [item.id for item in batches.recent(session, before=second.batch_id)] == [
            first.batch_id
        ]
        assert batches.recent(session, status="done") == []


def test_people_name_a_batch_by_number_or_by_the_tills_word(till):
    received = till.receive(sale("A"))

    with reading() as session:
        for word in (str(received.batch_id), received.uuid):
            found = batches.find_any(session, word)
            assert found is not None
            assert found.uuid == received.uuid
        for word in ("0", "99", "x", "9" * 30, received.uuid.upper(), "１"):
            assert batches.find_any(session, word) is None


def test_to_look_for_work_reads_no_batch_that_is_done(store):
    statements: list[tuple[str, Any]] = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        statements.append((statement, parameters))

    event.listen(engine(), "before_cursor_execute", note)
    with writing() as session:
        claims.to_ring(session, SalesBatch, quiet=0)
    event.remove(engine(), "before_cursor_execute", note)
    (told,) = [each for each in statements if each[0].startswith("UPDATE sales_batches")]

    with reading() as session:
        connection, explain = session.connection(), "EXPLAIN QUERY PLAN"
        if not store.database_url.startswith("sqlite"):
            # An empty table is read as quickly as any index of it.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            explain = "EXPLAIN"
        plan = connection.exec_driver_sql(f"{explain} {told[0]}", told[1])
        steps = " ".join(str(row) for row in plan)

    assert "ix_sales_batches_unfinished" in steps
    assert "SCAN sales_batches'" not in steps
