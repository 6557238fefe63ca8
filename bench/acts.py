"""What it costs to ask for an act on many failures, and to carry it out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from sqlalchemy import insert

from bench import stores
from bench.promises import Finding
from db.models import FailedTask, SyncRun
from db.session import writing
from syncs.acts.bulk import asking, slices
from syncs.acts.by import By
from tests.servers import PostgreSQL

CAUSES = 3
BY = By("cli:bench", "a bench")


@dataclass(frozen=True)
class Taken:
    """Seconds of one round: to ask, and to carry out ``rows`` of three times as many."""

    ask: float
    carry_out: float
    rows: int


def measure(
    database: str, server: PostgreSQL | None, *, failures: int, rounds: int
) -> Sequence[Taken]:
    """Each round has a store of its own, with ``failures`` of one run and of three causes."""
    return [_round(database, server, failures) for _ in range(rounds)]


def findings(database: str, taken: Sequence[Taken]) -> list[Finding]:
    """Nothing of it is promised in seconds: no request waits for a row."""
    asked = [each.ask * 1e3 for each in taken]
    rates = [each.rows / each.carry_out for each in taken]
    return [
        Finding(f"{database}: an act asked for", median(asked), "ms"),
        Finding(f"{database}: failures retried", median(rates), "/s"),
    ]


def _round(database: str, server: PostgreSQL | None, failures: int) -> Taken:
    with stores.fresh(database, server):
        _fill(failures)
        began = time.perf_counter()
        act = asking.ask("failure.retry", {"fingerprint": "cause-0"}, by=BY)
        asked = time.perf_counter()
        execution = slices.Execution(ring=lambda *_: True, send=lambda *_, **__: True, turn=None)
        assert slices.carry_out(act.id, execution) == "done"
        return Taken(asked - began, time.perf_counter() - asked, act.matching)


def _fill(failures: int) -> None:
    with writing() as session:
        run = SyncRun(sync="b2b.products", options={}, trigger="bench", status="failed")
        session.add(run)
        session.flush()
        row = {
            "task": "sync.b2b.products", "args": [run.id], "kwargs": {}, "queue": "sync",
            "run_id": run.id, "attempts": [{"type": "APIError", "message": "It broke." * 50}],
        }  # fmt: skip
        rows = [row | {"fingerprint": f"cause-{place % CAUSES}"} for place in range(failures)]
        session.execute(insert(FailedTask), rows)
