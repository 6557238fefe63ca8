"""How runs that were asked for end, for who waits for all of them."""

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
    """How the runs are doing: ``data`` counts records of tables that are in, ``errors`` says what
    became of the others, ``pending`` are on their way.
    """

    data: dict[str, int]
    partial: list[str]
    errors: list[str]
    pending: list[str]


def wait(asked_for: Sequence[Asked], *, seconds: float) -> Result | None:
    """How all of them ended; None when time ran out."""
    deadline, pause = time.monotonic() + seconds, FIRST_PAUSE
    while (left := deadline - time.monotonic()) > 0:
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, LONGEST_PAUSE)
        found = _look(asked_for)
        if not found.pending:
            return found
    return None


def _look(asked_for: Sequence[Asked]) -> Result:
    found = Result({}, [], [], [])
    with reading() as session:
        for one in asked_for:
            name = one.sync.name.partition(".")[2]
            if one.run_id is None:
                found.errors.append(f"{name}: {one.status}.")
                continue
            _sort(found, name, runs.find(session, one.run_id), one.error)
    return found


def _sort(found: Result, name: str, run: SyncRun, before: Mapping[str, object] | None) -> None:
    newest = _newest(run)
    if run.status in ENDED:
        found.data[name] = restore(run).total
        if run.status != "succeeded":
            found.partial.append(name)
    elif run.status in ("due", "running") and newest == before:
        found.pending.append(name)
    else:
        # Also of one that is tried again later: nobody waits for that.
        error = run.error or (newest["message"] if newest else run.status)
        found.errors.append(f"{name}: {error}")


def _newest(run: SyncRun) -> dict[str, object] | None:
    """The error of the run's last try: of very many the list keeps no more than some."""
    return run.errors[-1] if run.errors else None
