"""Syncs from Python, run in the caller's process: no worker, no Redis."""

from __future__ import annotations

from syncs import engine, gate
from syncs.declaration import AnySync
from syncs.registry import find
from syncs.running.walk import Execution


def sync_products_auto(*, force: bool = False) -> dict[str, object]:
    """Sync the products unless they are fresh; the statistics, or the gate's answer."""
    return auto(find("b2b.products"), force=force)


def sync_categories_auto(*, force: bool = False) -> dict[str, object]:
    """Sync the categories unless they are fresh; the statistics, or the gate's answer."""
    return auto(find("b2b.categories"), force=force)


def auto(sync: AnySync, *, force: bool) -> dict[str, object]:
    """Ask the gate, and run in this process when it opens a run. Raises what made the run fail."""
    answer = gate.request(sync, trigger="auto", force=force)
    if not isinstance(answer, gate.Enqueued):
        return {"sync": sync.name, "status": answer.status}
    engine.execute(sync, answer.run_id, Execution(slice_seconds=None, by_hand=True))
    return engine.statistics(sync, answer.run_id)
