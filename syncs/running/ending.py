"""How a run ends: well, partly, cancelled, by approval, or failed; always fenced by its lease."""

from __future__ import annotations

import logging
from dataclasses import replace

from sqlalchemy.orm import Session

from core import backoff
from core.document import Json
from core.errors import ConfigurationError, FatalError, MoulinError, RefusedError
from core.logs import get_logger
from db.models import SyncRun
from db.records import links, write
from db.records.plan import Context
from db.session import writing
from db.types import db_now
from db.work import claims, failures, leases, rejects, runs, states
from db.work.leases import Lease
from syncs import intervals, trying
from syncs.declaration import AnySync
from syncs.running import lost
from syncs.running.deletions import Deletions, may_delete
from syncs.running.pages import look
from syncs.running.progress import Progress
from syncs.running.walk import Outcome, Walk

log = get_logger(__name__)


def finish(walk: Walk, deletions: Deletions) -> Outcome:
    """End a run whose walk is complete: tombstone what is gone, settle its kind, set its status."""
    with writing() as session:
        # The lease first, as everywhere: it fences, and all writers of a sync's records lock it
        # first, so that no two of them wait for each other.
        now = claims.renew(session, walk.lease)
        context = look(session, walk.sync, walk.lease.run_id, walk.options, now)
        progress = walk.progress
        if deletions == "tombstone":
            missed = _tombstone(session, walk.sync, context)
            progress = replace(progress, deleted=progress.deleted + missed)
        if deletions in ("tombstone", "none") and may_delete(walk):
            _forget(session, walk.sync, context)
        gone = lost.note(session, walk)
        remarks = [*_remarks(walk, deletions), *([lost.remark(gone)] if gone else ())]
        warnings = [*remarks, *progress.warn(_settle(session, walk.sync, context))]
        # What somebody must act on comes first, and is never one too many.
        progress = replace(progress, warnings=tuple(dict.fromkeys(warnings)))
        status = _status(progress, deletions, complete=not gone)
        if deletions not in ("undecided", "empty") and may_delete(walk):
            runs.supersede_waiting(session, walk.sync.name, walk.lease.run_id)
        done: Json = {"phase": "done"}
        if gone and progress.fields is not None:
            done["fields"] = sorted(progress.fields)
        columns = {**progress.columns(), "checkpoint": done}
        runs.end(session, walk.lease.run_id, status, **columns)
        succeeded = not walk.sync.filtered(walk.options)
        ring = _give_back(session, walk.lease, succeeded=succeeded, anew=walk.anew)
    walk.progress = progress
    walk.execution.watch(progress)
    log.info("run.ends", sync=walk.sync.name, run=walk.lease.run_id, status=status)
    return Outcome(run_id=walk.lease.run_id, status=status, ring=ring)


def approve(session: Session, sync: AnySync, run_id: int) -> tuple[int, list[str]]:
    """Carry out the deletions of a run that hit the brake, and accept that the source no longer
    has what the run has lost: how many, and which fields.
    """
    # A page of a newer run would bring back what is being taken off sale: it must wait.
    states.locked(session, sync.name)
    run = runs.find(session, run_id)
    accepted = lost.accept(session, sync, run)
    if accepted and run.status == "partial":
        return 0, accepted
    if run.status != "needs_approval":
        raise RefusedError(
            f"Run {run.id} is {run.status} and lost no field; only needs_approval can be approved."
        )
    context = look(session, sync, run.id, run.options)
    deleted = _tombstone(session, sync, context)
    _forget(session, sync, context)
    run.warnings = [*run.warnings, *_settle(session, sync, context)]
    run.counts = {**run.counts, "deleted": run.counts["deleted"] + deleted}
    run.status = "partial" if run.counts["rejected"] else "succeeded"
    session.flush()
    return deleted, accepted


def cancel(sync: AnySync, lease: Lease) -> Outcome:
    """End a run as cancelled; its checkpoint stays, for ``--resume``."""
    with writing() as session:
        claims.renew(session, lease)
        runs.end(session, lease.run_id, "cancelled", error="Cancelled.")
        ring = _give_back(session, lease)
    log.info("run.cancelled", sync=sync.name, run=lease.run_id)
    return Outcome(run_id=lease.run_id, status="cancelled", ring=ring)


def try_again(sync: AnySync, lease: Lease, error: Exception, *, by_hand: bool) -> None:
    """Put the run back after a failure that may pass, or fail it after too many. By hand it fails
    at once, unless the source asked for a pause.
    """
    with writing() as session:
        claims.renew(session, lease)
        run = runs.find(session, lease.run_id)
        wait = _wait(run.failures, error, by_hand=by_hand)
        if wait is None:
            _fail(session, sync, run, lease, error, by_hand=by_hand)
            return
        leases.put_back(
            session, lease, wait=wait, source_asked=trying.retry_after(error) is not None,
            errors=trying.attempts(run.errors, error, run.task_id),
        )  # fmt: skip
    message = trying.message_of(error)
    log.warning("run.waits", sync=sync.name, run=lease.run_id, seconds=round(wait), error=message)


def give_up_or_retry(sync: AnySync, lease: Lease, error: Exception, *, by_hand: bool) -> None:
    """Fatal ends the run at once; a crash of our own is tried again, for it may be the moment's."""
    if isinstance(error, FatalError | ConfigurationError):
        _give_up(sync, lease, error, by_hand=by_hand)
    else:
        try_again(sync, lease, error, by_hand=by_hand)


def give_up_silent(sync: AnySync, lease: Lease) -> MoulinError:
    """The error of a run that was claimed too often without a page: its workers die before they
    can record one.
    """
    died = trying.died(without="writing a page and without saying why")
    _give_up(sync, lease, died, by_hand=False)
    return died


def _wait(failures: int, error: Exception, *, by_hand: bool) -> float | None:
    """Seconds until the next try; None when this was the last."""
    asked = trying.retry_after(error)
    if not by_hand or failures >= trying.MOST_FAILURES:
        return trying.wait_after(failures, retry_after=asked)
    # A second at least: a Retry-After of 0 must not become a busy loop.
    return None if asked is None else max(asked, 1.0)


def _give_up(sync: AnySync, lease: Lease, error: Exception, *, by_hand: bool) -> None:
    with writing() as session:
        claims.renew(session, lease)
        _fail(session, sync, runs.find(session, lease.run_id), lease, error, by_hand=by_hand)


def _fail(
    session: Session, sync: AnySync, run: SyncRun, lease: Lease, error: Exception, *, by_hand: bool
) -> None:
    attempts = trying.attempts(run.errors, error, run.task_id)
    message = trying.message_of(error)
    runs.end(session, run.id, "failed", error=message, errors=attempts)
    if not by_hand:
        # A person at a terminal has seen it; a task's failure must wait for one.
        failures.record(
            session,
            task=sync.task,
            task_id=run.task_id,
            args=[run.id],
            kwargs=run.options,
            queue="sync",
            attempts=attempts,
            run_id=run.id,
        )
    _give_back(session, lease, failed=True, source_wait=trying.retry_after(error))
    # By hand the command prints the error.
    level = logging.INFO if by_hand else logging.ERROR
    log.log(level, "run.failed", sync=sync.name, run=run.id, error=message)


def _give_back(
    session: Session,
    lease: Lease,
    *,
    succeeded: bool = False,
    anew: bool = False,
    failed: bool = False,
    source_wait: float | None = None,
) -> int | None:
    """Release the lease; the id of a follow-up run that was asked for meanwhile."""
    state = states.locked(session, lease.sync)
    news: dict[str, object] = {}
    if succeeded:
        run = runs.find(session, lease.run_id)
        news = {"last_success_at": run.started_at, "failures": 0, "next_allowed_at": None}
        if anew:
            news["last_whole_at"] = run.started_at
    if failed:
        count = state.failures + 1
        wait = backoff.after_failed_run(count, intervals.interval(lease.sync))
        news = {"failures": count, "next_allowed_at": db_now(wait)}
    if source_wait is not None:
        news["source_wait_until"] = db_now(source_wait)
    leases.release(session, lease, **news)
    return runs.open_follow_up(session, state)


def _tombstone(session: Session, sync: AnySync, context: Context) -> int:
    """Tombstone what the run has not seen; how many records there were."""
    return write.tombstone(session, sync.kind, links.unseen(sync.kind.link, context), context)


def _forget(session: Session, sync: AnySync, context: Context) -> None:
    """Whom the source has forgotten is forgotten among the refused records too."""
    if sync.kind.erases:
        rejects.forget(session, sync.name, sync.kind.link, context)


def _settle(session: Session, sync: AnySync, context: Context) -> list[str]:
    warnings: list[str] = sync.kind.settle(session, context) if sync.kind.settle else []
    return warnings


def _status(progress: Progress, deletions: Deletions, *, complete: bool) -> str:
    if deletions == "needs_approval":
        return "needs_approval"
    decided = deletions not in ("undecided", "empty")
    clean = progress.agrees and not progress.rejected and decided and complete
    return "succeeded" if clean else "partial"


def _remarks(walk: Walk, deletions: Deletions) -> list[str]:
    progress, remarks = walk.progress, []
    if not progress.agrees:
        remarks.append(
            f"The source counts {progress.first} at first and {progress.last} at last, and sent "
            f"{progress.total}: it changed meanwhile or its count is wrong; nothing was deleted."
        )
    if deletions == "empty":
        remarks.append("The source sent nothing at all; nothing was deleted. Look at the source.")
    if deletions == "undecided":
        remarks.append(
            "The source changed or failed during the second look; deletions wait for the next run."
        )
    if deletions == "needs_approval":
        remarks.append(
            "More would be deleted than SYNC_DELETE_BRAKE_PERCENT allows: look at the source, "
            "then approve it."
        )
    return remarks
