"""``kill -9`` of a sync by hand: it goes on where it was, and nothing is taken for gone."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from sqlalchemy import func, select

from db.catalogue import stock
from db.models import ExternalProduct, SyncRun
from db.session import reading
from sandbox import b2b
from sandbox.faults import Hang
from tests.faults.stage import ROOT, Stage
from tests.servers import until

COMMAND = ("manage.py", "sync_products_from_inventory")


def by_hand(stage: Stage, *options: str) -> tuple[int, dict[str, Any]]:
    """The command's exit code and statistics."""
    done = subprocess.run(
        [sys.executable, *COMMAND, *options, "--json"],
        cwd=ROOT,
        env=stage.environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def links(*, gone: bool = False) -> int:
    """How many products are known, or how many of them were taken for gone."""
    query = select(func.count()).select_from(ExternalProduct)
    if gone:
        query = query.where(ExternalProduct.gone_at.is_not(None))
    with reading() as session:
        return session.scalar(query) or 0


def kill_at(stage: Stage, source: b2b.B2B, page: int, *options: str) -> None:
    """Kill a sync that waits for this page; the ones before it are in the store."""
    source.faults.add(Hang(endpoint="products", page=page, times=1, seconds=100))
    process = stage.start(*COMMAND, *options)
    until(lambda: links() == (page - 1) * 100, what=f"page {page - 1}")
    until(lambda: source.log.requested_pages("products")[-1:] == [page], what=f"page {page}")
    process.kill()
    source.faults.clear()


def test_a_sync_that_is_killed_again_and_again_goes_on_where_it_was(stage: Stage, source: b2b.B2B):
    kill_at(stage, source, 2)
    kill_at(stage, source, 5, "--resume")
    kill_at(stage, source, 10, "--resume")
    asked = len(source.log)

    code, result = by_hand(stage, "--resume")

    assert (code, result["status"], result["created"]) == (0, "succeeded", 1000)
    # Every page from the killed one on, none before it; and this time no categories.
    pages = [1, 2, *range(2, 6), *range(5, 11), 10]
    assert source.log.requested_pages("products") == pages
    assert len(source.log) == asked + 1
    assert links(gone=True) == 0
    with reading() as session:
        assert stock.verify(session) == (1000, [])
        assert session.scalar(select(func.count()).select_from(SyncRun)) == 1


def test_a_live_lease_refuses_a_second_sync_and_says_what_to_do(stage: Stage, source: b2b.B2B):
    source.faults.add(Hang(endpoint="products", page=3, times=1, seconds=100))
    stage.start(*COMMAND)
    until(lambda: links() == 200, what="page 2")

    code, result = by_hand(stage)

    assert (code, result["status"]) == (69, "running")
