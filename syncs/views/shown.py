"""Runs, failures, rejects and batches as people and machines are shown them: one set of words for
the command line and the web.
"""

from __future__ import annotations

from typing import Any

from db.models import FailedTask, Reject, SalesBatch, SyncRun
from syncs.running.progress import restore
from syncs.sales.process import TASK as SALES


def run_line(run: SyncRun) -> dict[str, Any]:
    """A run in a list."""
    ended, began = run.finished_at or run.heartbeat_at, run.started_at
    counts = restore(run).statistics()
    return {
        "id": run.id,
        "sync": run.sync,
        "status": run.status,
        "trigger": run.trigger,
        "created_at": run.created_at,
        "started_at": began,
        "finished_at": run.finished_at,
        "seconds": round((ended - began).total_seconds(), 3) if ended and began else None,
        **{name: value for name, value in counts.items() if isinstance(value, int)},
        "error": run.error,
    }


def whole_run(run: SyncRun) -> dict[str, Any]:
    """All of a run, each attempt's error too."""
    counts = restore(run).statistics()
    return {
        **run_line(run),
        "options": run.options,
        "task_id": run.task_id,
        "correlation_id": run.correlation_id,
        "heartbeat_at": run.heartbeat_at,
        "not_before": run.not_before,
        "failures": run.failures,
        "cancel_requested": run.cancel_requested,
        "checkpoint": run.checkpoint,
        "warnings": counts["warnings"],
        "errors_list": counts["errors_list"],
        "attempts": run.errors,
    }


def failure_line(failed: FailedTask) -> dict[str, Any]:
    """A failed task in a list."""
    last = failed.attempts[-1] if failed.attempts else {}
    return {
        "id": failed.id,
        "task": failed.task,
        "run_id": failed.run_id,
        "batch_id": failed.args[0] if failed.task == SALES else None,
        "failed_at": failed.failed_at,
        "tries": len(failed.attempts),
        "error": last.get("message"),
        "fingerprint": failed.fingerprint,
        "state": failed.state,
    }


def whole_failure(failed: FailedTask) -> dict[str, Any]:
    """All of a failed task: its exact arguments, and every attempt with its traceback."""
    return {
        **failure_line(failed),
        "task_id": failed.task_id,
        "args": failed.args,
        "kwargs": failed.kwargs,
        "queue": failed.queue,
        "retried_as": failed.retried_as,
        "who": failed.who,
        "why": failed.why,
        "closed_at": failed.closed_at,
        "attempts": failed.attempts,
    }


def reject_line(reject: Reject) -> dict[str, Any]:
    """A reject, without its payload, which may be personal."""
    return {
        "id": reject.id,
        "sync": reject.sync,
        "run_id": reject.run_id,
        "batch_id": reject.batch_id,
        "batch_position": reject.batch_position,
        "external_id": reject.external_id,
        "code": reject.code,
        "field": reject.field,
        "message": reject.message,
        "state": reject.state,
        "reason": reject.reason,
        "created_at": reject.created_at,
        "updated_at": reject.updated_at,
    }


def batch_line(batch: SalesBatch, terminal: str) -> dict[str, Any]:
    """A batch of sales in a list; ``terminal`` is the name of the till that sent it."""
    broken = batch.errors and batch.status != "done"
    return {
        "id": batch.id,
        "uuid": batch.uuid,
        "shop_id": batch.shop_id,
        "terminal": terminal,
        "status": batch.status,
        "count": batch.count,
        "accepted": batch.accepted,
        "refused": batch.refused,
        "received_at": batch.received_at,
        "done_at": batch.done_at,
        "failures": batch.failures,
        "error": batch.errors[-1]["message"] if broken else None,
    }


def whole_batch(batch: SalesBatch, terminal: str) -> dict[str, Any]:
    """All of a batch but what was sent, which names customers, and what was answered."""
    return {
        **batch_line(batch, terminal),
        "terminal_id": batch.terminal_id,
        "keyed": batch.idempotency_key is not None,
        "task_id": batch.task_id,
        "correlation_id": batch.correlation_id,
        "not_before": batch.not_before,
        "attempts": batch.errors,
    }
