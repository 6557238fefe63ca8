"""What is in the store, and around it, before a test asks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

import core.settings
from core.errors import SyncError
from db.models import Reject, SyncRun
from db.session import writing
from db.work import failures, rejects, runs
from db.work.rejects import Refusal
from syncs import engine
from syncs.registry import SYNCS, find
from tests.servers import free_port

PRODUCTS = "b2b.products"
RICE = {"id": 1, "name": "Rice", "price": "2.50", "stock": 3}


def run(status: str = "succeeded") -> int:
    counts = {"rejected": 0, "deleted": 0}
    with writing() as session:
        row = SyncRun(sync=PRODUCTS, options={}, trigger="cli", status=status, counts=counts)
        session.add(row)
        session.flush()
        return row.id


def failure(*, of_sync: bool = True) -> int:
    run_id = run("failed") if of_sync else None
    attempts = [{"type": "FatalError", "code": "FATAL", "message": "It broke."}]
    with writing() as session:
        return failures.record(
            session, task=f"sync.{PRODUCTS}" if of_sync else "upkeep.forget", task_id="t", args=[],
            kwargs={}, queue="sync", attempts=attempts, run_id=run_id,
        )  # fmt: skip


def reject(payload: dict[str, Any]) -> int:
    refusal = Refusal(
        external_id="1", code="MISSING", field="name", message="is missing", payload=payload
    )
    with writing() as session:
        rejects.keep(session, PRODUCTS, None, [refusal])
        return max(ident for (ident,) in session.query(Reject.id))


@contextmanager
def away() -> Iterator[None]:
    """The store is at an address where nobody answers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", f"postgresql://u:p@127.0.0.1:{free_port()}/moulin")
        core.settings.reset()
        yield
    core.settings.reset()


@contextmanager
def working() -> Iterator[None]:
    """A worker, as far as syncs are concerned: a thread that runs what is due."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.05):
            with writing() as session:
                due = runs.to_ring(session, quiet=0, syncs=[*SYNCS])
            for run_id, name in due:
                with suppress(SyncError):
                    engine.execute(find(name), run_id)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
