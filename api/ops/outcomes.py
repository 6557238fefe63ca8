"""The outcome of several runs, for a caller that waits for all of them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.till.waiting import FIRST_PAUSE, LONGEST_PAUSE
from db.models import SyncRun
from db.session import reading
from db.work import runs
from syncs.acts.syncs import Asked
from syncs.running.progress import restore

ENDED = ("succeeded", "partial", "needs_approval")


@dataclass(frozen=True)
class Result:
    """The state of the runs: ``data`` counts the records of each table that is in, ``errors`` are
    messages about the others, ``pending`` are tables whose run is on its way.
    """

    data: dict[str, int]
    partial: list[str]
    errors: list[str]
    pending: list[str]


def wait(asked_for: Sequence[Asked], *, seconds: float) -> Result | None:
    """The result once no run is pending; None when time ran out."""
    deadline, pause = time.monotonic() + seconds, FIRST_PAUSE
    while (left := deadline - time.monotonic()) > 0:
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, LONGEST_PAUSE)
        result = _look(asked_for)
        if not result.pending:
            return result
    return None


def _look(asked_for: Sequence[Asked]) -> Result:
    result = Result({}, [], [], [])
    with reading() as session:
        for one in asked_for:
            name = one.sync.name.partition(".")[2]
            if one.run_id is None:
                result.errors.append(f"{name}: {one.status}.")
                continue
            _sort(result, name, runs.find(session, one.run_id), one.error)
    return result


def _sort(result: Result, name: str, run: SyncRun, before: Mapping[str, object] | None) -> None:
    newest = _newest(run)
    if run.status in ENDED:
        result.data[name] = restore(run).total
        if run.status != "succeeded":
            result.partial.append(name)
    elif run.status in ("due", "running") and newest == before:
        result.pending.append(name)
    else:
        # A run that is retried later is an error too: the caller does not wait for it.
        error = run.error or (newest["message"] if newest else run.status)
        result.errors.append(f"{name}: {error}")


def _newest(run: SyncRun) -> dict[str, object] | None:
    """The error of the run's last try; of very many the run keeps only some."""
    return run.errors[-1] if run.errors else None
