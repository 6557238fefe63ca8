"""``/inventory/api/status/``: how fresh the catalogue is; counts for all, errors for operators."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from api import access
from api.access import allow
from api.inventory import told
from api.openapi.description import Answer, describe
from db import operators, overview, rejects, synced
from db.session import reading
from syncs import status
from syncs.shown import reject_line
from syncs.status import SyncStatus

bp = Blueprint("inventory_summary", __name__, url_prefix="/inventory")

MOST_ERRORS = 20


@bp.get("/api/status/", strict_slashes=False)
@allow("public")
@describe(Answer(kind=told.Status))
def index() -> dict[str, Any]:
    """Counts and ages; with an operator's token what went wrong as well."""
    caller = access.caller_if_any()
    return summary(details=caller is not None and operators.may(caller.role, "operator"))


def summary(*, details: bool) -> dict[str, Any]:
    """The same for the page."""
    with reading() as session:
        every = {one.sync: one for one in status.every(session)}
        products, categories = synced.counts(session)
        since = {
            one.sync: overview.failing_since(session, one.sync)
            for one in every.values()
            if one.state == "failing"
        }
        found: dict[str, Any] = {
            "products": _kind(every["b2b.products"], products),
            "categories": _kind(every["b2b.categories"], categories),
            "syncs": [
                {**_one(one, details=details), "failing_since": since.get(one.sync)}
                for one in every.values()
            ],
        }
        if details:
            lines = [reject_line(each) for each in rejects.recent(session, limit=MOST_ERRORS)]
            found["errors"] = [
                {name: line[name] for name in told.WrongRecord.model_fields} for line in lines
            ]
    return found


def _kind(one: SyncStatus, count: int) -> dict[str, Any]:
    return {
        "count": count,
        "state": one.state,
        "last_success_at": one.last_success_at,
        "age": one.age,
        "errors": one.open_rejects,
    }


def _one(one: SyncStatus, *, details: bool) -> dict[str, Any]:
    run = one.last_run
    progress: dict[str, Any] | None = None
    if run is not None:
        progress = {
            "status": run.status,
            "started_at": run.started_at,
            "finished_at": run.finished_at,
            "counts": run.counts,
            "expected": run.expected,
        }
        if details and run.error is not None:
            progress["error"] = run.error
    return {
        "sync": one.sync,
        "state": one.state,
        "last_success_at": one.last_success_at,
        "age": one.age,
        "next_allowed_at": one.next_allowed_at,
        "run": progress,
    }
