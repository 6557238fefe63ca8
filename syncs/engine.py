"""The engine: walk a source's pages into the store, once, whatever dies on the way.

A page is one transaction; a record is one chance; a run resumes from its checkpoint.
"""

from __future__ import annotations

import os
import socket
import time
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass

from connectors.connector import Connector
from core.document import Json
from core.errors import FatalError, SyncError
from core.logs import bind_correlation_id, get_logger
from db.session import reading, writing
from db.work import leases, runs
from db.work.claims import LeaseLost
from db.work.leases import Lease
from syncs import resuming, trying
from syncs.bookmarks import Bookmark
from syncs.declaration import AnySync
from syncs.options import Options
from syncs.running import asking, ending
from syncs.running.ahead import one_ahead
from syncs.running.deletions import decide_deletions
from syncs.running.pages import keep, write_page
from syncs.running.progress import Progress, restore
from syncs.running.walk import BY_WORKER, Execution, Outcome, Walk

__all__ = ["execute", "keep", "statistics"]

log = get_logger(__name__)

MOST_PAGES = 10_000
"""Of one run, whatever its slices: each slice's walk sees its own part of a circle only."""


@dataclass(frozen=True, kw_only=True)
class _Claimed:
    """A run that is ours, as the store has it."""

    sync: AnySync
    lease: Lease
    options: Options
    checkpoint: Json
    progress: Progress
    since: Bookmark | None

    def walk(self, connector: Connector, execution: Execution) -> Walk:
        """Its walk, which begins now."""
        return Walk(
            sync=self.sync, connector=connector, lease=self.lease, options=self.options,
            checkpoint=self.checkpoint, progress=self.progress, execution=execution,
            started=time.monotonic(), since=self.since,
        )  # fmt: skip


def execute(sync: AnySync, run_id: int, execution: Execution = BY_WORKER) -> Outcome:
    """Run ``run_id`` until it ends, its slice is over, or somebody else has it.

    Raises what made the run fail, once its row has the error; a retriable one leaves it due again.
    """
    claimed = _claim(sync, run_id, execution)
    if isinstance(claimed, Outcome):
        return claimed
    lease = claimed.lease
    try:
        with _opened(sync, execution) as connector:
            sync.source.note_use()
            return _walk(claimed.walk(connector, execution))
    except LeaseLost:
        return _left(sync, lease.run_id)
    except KeyboardInterrupt:
        # It may come when the run has just ended; then there is nothing to cancel.
        with suppress(LeaseLost):
            ending.cancel(sync, lease)
        raise
    except Exception as error:
        # The edge of a run: its row must keep every error, or nobody would know why the lease
        # ran out.
        try:
            ending.give_up_or_retry(sync, lease, error, by_hand=execution.by_hand)
        except LeaseLost:
            return _left(sync, lease.run_id)
        if trying.quotes_row(error):
            raise SyncError(trying.message_of(error)) from None
        raise


def _claim(sync: AnySync, run_id: int, execution: Execution) -> _Claimed | Outcome:
    with writing() as session:
        run = resuming.current(session, sync, run_id)
        lease = leases.claim(
            session, run, owner=f"{socket.gethostname()}:{os.getpid()}",
            seconds=sync.source.timeouts.lease, task_id=execution.task_id, steal=execution.steal,
        )  # fmt: skip
        if lease is None:
            return Outcome(run_id=run.id, status="left")
        bind_correlation_id(run.correlation_id)
        claimed = _Claimed(
            sync=sync, lease=lease, options=dict(run.options),
            checkpoint=dict(run.checkpoint or {"phase": "walk"}),
            progress=restore(run, asking.bookmark(session, sync)),
            since=asking.of_run(session, sync, run),
        )  # fmt: skip
    log.info("run.begins", sync=sync.name, run=lease.run_id, resumed=claimed.progress.pages > 0)
    if lease.failures > trying.MOST_FAILURES:
        raise ending.give_up_silent(sync, lease)
    return claimed


def _opened(sync: AnySync, execution: Execution) -> AbstractContextManager[Connector]:
    given = execution.source
    return sync.source.open() if given is None else nullcontext(given)


def _left(sync: AnySync, run_id: int) -> Outcome:
    log.warning("run.lease_lost", sync=sync.name, run=run_id)
    return Outcome(run_id=run_id, status="left")


def _walk(walk: Walk) -> Outcome:
    if walk.checkpoint["phase"] == "walk":
        stopped = _pages(walk)
        if stopped is not None:
            return stopped
    deletions = decide_deletions(walk)
    if deletions == "cancel":
        return ending.cancel(walk.sync, walk.lease)
    return ending.finish(walk, deletions)


def _pages(walk: Walk) -> Outcome | None:
    """Walk to the last page; an outcome when the run stops before it."""
    pages = walk.pages(walk.connector, start=walk.checkpoint.get("query"))
    for page in one_ahead(pages, goes_on=lambda: not walk.slice_is_over):
        if walk.progress.pages >= MOST_PAGES:
            raise FatalError(
                f"More than {MOST_PAGES} pages: the source never says that it is done. Look at "
                "what it answers, then run it again."
            )
        written = write_page(walk, page)
        walk.progress = written.progress
        walk.execution.watch(walk.progress)
        if written.cancel:
            return ending.cancel(walk.sync, walk.lease)
        if page.next_query is not None and walk.slice_is_over:
            with writing() as session:
                leases.put_back(session, walk.lease)
            log.info("run.slice_over", sync=walk.sync.name, run=walk.lease.run_id)
            return Outcome(run_id=walk.lease.run_id, status="due", ring=walk.lease.run_id)
    return None


def statistics(sync: AnySync, run_id: int) -> Json:
    """A run as commands and Python callers get it: the guide's words and our finer counts."""
    with reading() as session:
        run = runs.find(session, run_id)
        ended, began = run.finished_at or run.heartbeat_at, run.started_at
        counts = restore(run) if run.checkpoint else Progress()
        return {
            "sync": sync.name,
            "run_id": run.id,
            "status": "waiting" if run.status == "due" else run.status,
            **counts.statistics(),
            "seconds": round((ended - began).total_seconds(), 3) if ended and began else 0.0,
            "error": run.error,
        }
