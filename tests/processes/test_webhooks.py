"""A webhook from end to end: Square sends it, a web process stores it, a worker asks for it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from db.models import PosTransaction
from db.session import reading
from sandbox import square
from sandbox.square import orders
from tests.servers import free_port, until
from tests.webhooks import KEY, PATH, configure, events

NOBODY = "redis://127.0.0.1:9/0"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_order_is_in_the_store_though_the_web_process_has_no_redis(
    family, store, empty_redis, monkeypatch, tmp_path: Path
):
    port = free_port()
    with square.serve() as source:
        source.webhooks.url, source.webhooks.key = f"http://127.0.0.1:{port}{PATH}", KEY
        configure(monkeypatch, tmp_path / "config", source.url, address=source.webhooks.url)
        names = ("CONNECTORS_DIR", "SQUARE_TOKEN", "SQUARE_SIGNATURE_KEY", "DATABASE_URL")
        family.env |= {name: os.environ[name] for name in names}
        family.env["INVENTORY_ENCRYPTION_KEY"] = os.environ["INVENTORY_ENCRYPTION_KEY"]
        family.env["SYNC_SCHEDULE_SQUARE_TRANSACTIONS"] = ""
        web = family.python("manage.py", "web", "--port", str(port), REDIS_URL=NOBODY)
        web.says("Listening on")
        source.add(orders.sale("T1", closed_at=datetime(2026, 11, 20, 12, tzinfo=UTC)))
        source.webhooks.order("T1")

        assert source.webhooks.deliver(times=2) == [200, 200]
        assert [event.status for event in events()] == ["due"]

        # Nobody has rung for it: the sweeper of whatever worker begins does.
        worker = family.celery("worker", "-c", "1", REDIS_URL=empty_redis.url)
        until(lambda: events()[0].status == "done", what="the event", why_not=worker.said)

    with reading() as session:
        assert session.scalars(select(PosTransaction.external_id)).all() == ["T1"]
