"""Waiting for what the processes do, with a bar on a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable

import requests

from cli.demo.source import session
from cli.progress import Bar
from core.errors import FatalError
from db.session import reading
from db.work import runs
from syncs import engine
from syncs.declaration import AnySync
from syncs.running.progress import Progress, restore

PATIENCE = 60.0
"""Seconds for anything the demo waits for; all of it takes far less."""
TICK = 0.05


def until(true: Callable[[], bool], *, what: str) -> None:
    """Return as soon as ``true()``; ``FatalError`` when it was not in time."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > deadline:
            raise FatalError(f"Waited {PATIENCE:g} seconds for {what} in vain.")
        time.sleep(TICK)


def until_answers(url: str, *, what: str) -> None:
    """Return when ``url`` answers well."""
    with session() as http:

        def answers() -> bool:
            try:
                return http.get(url, timeout=2).ok
            except requests.ConnectionError:
                return False

        until(answers, what=what)


def until_finished(sync: AnySync, run_id: int) -> dict[str, object]:
    """The run's statistics when it has ended."""
    with Bar(f"   Run {run_id}", shown=True) as bar:

        def ended() -> bool:
            status, progress = state(run_id)
            bar.show(progress)
            return status not in ("due", "running")

        until(ended, what=f"run {run_id}")
    return engine.statistics(sync, run_id)


def state(run_id: int) -> tuple[str, Progress]:
    """A run's status and how far it has come."""
    with reading() as opened:
        run = runs.find(opened, run_id)
        return run.status, restore(run)
