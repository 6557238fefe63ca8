"""What a command holds is in its sealed columns and its results, and nowhere else."""

from __future__ import annotations

import json
import logging

import pytest
from sqlalchemy import text

from db.session import reading
from syncs.outbox.queue import queue_for_later
from tests import toy
from tests.given_commands import carry_out, row
from tests.toy import Vendor

CANARY = "CANARI-7Q4X"
BODY = {"prices": [{"sku": CANARY, "price": "1", "currency": "EUR", "location": CANARY}]}


class Crashing(toy.KeyedToy):
    """Its code is wrong."""

    def push_prices(self, changes, *, key):
        raise KeyError(next(each.sku for each in changes))


def stored() -> str:
    """Everything that is in the clear in the tables that a command leaves something in."""
    with reading() as session:
        rows = [
            dict(each._mapping)
            for table in ("outbox", "outbox_objects", "audit_events", "api_calls", "failed_tasks")
            for each in session.execute(text(f"SELECT * FROM {table}"))  # noqa: S608, ours
        ]
    for each in rows:
        each.pop("results", None)
    return json.dumps(rows, default=str)


@pytest.mark.parametrize("how", [200, 400, 409, 500, "lost", "crash"])
def test_a_body_is_nowhere_in_the_clear(vendor: Vendor, how, caplog, monkeypatch):
    caplog.set_level(logging.DEBUG)
    if how == "crash":
        monkeypatch.setitem(toy.SOURCES, "toy", toy.source(Crashing, vendor.url))
    elif how != 200:
        vendor.next = [how]
    ident = queue_for_later("toy", "push_prices", BODY).outbox_id

    for _ in range(3):
        carry_out(ident)

    assert row(ident).attempts >= 1
    assert CANARY not in stored()
    assert CANARY not in caplog.text
    assert toy.TOKEN not in stored() + caplog.text
