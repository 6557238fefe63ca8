"""``/api/ops/runs``: what was run and how it ended; cancel one, approve its deletions."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from api.ops.answers.runs import Approved, Cancelled, Run, RunLine
from api.ops.commands import GIVEN, Order, found
from api.web.access import allow, caller
from api.web.body import load
from api.web.describe import Answer, describe, refuses
from api.web.fields import Name
from api.web.paging import Page, asked, listing
from api.web.shapes import Listing, RunStatus
from db.access import audit
from db.models import SyncRun
from db.session import reading, writing
from db.work import runs
from syncs.acts import approval
from syncs.views.shown import run_line, whole_run

bp = Blueprint("ops_runs", __name__, url_prefix="/api/ops/runs")


class RunPage(Page):
    """Runs of one sync, or in one state."""

    sync: Name | None = None
    status: RunStatus | None = None


@bp.get("")
@allow("viewer")
@describe(Answer(kind=Listing[RunLine]), query=RunPage)
def index() -> dict[str, Any]:
    """Runs, newest first."""
    page = asked(RunPage)
    with reading() as session:
        rows = runs.recent(
            session, sync=page.sync, status=page.status, before=page.cursor, limit=page.ahead
        )
        return listing(page, rows, run_line)


@bp.get("/<ident:run_id>")
@allow("viewer")
@describe(Answer(kind=Run))
def show(run_id: int) -> dict[str, Any]:
    """One run, with refused records, warnings and every attempt that failed."""
    with reading() as session:
        return whole_run(found(session, SyncRun, run_id, what="run"))


@bp.post("/<ident:run_id>/cancel")
@allow("operator")
@describe(
    Answer(kind=Cancelled, when="it waited and is cancelled"),
    Answer(status=202, kind=Cancelled, when="it stops when its page is written"),
    refuses(409, "REFUSED", when="it is over already"),
    body=Order,
    example=GIVEN,
)
def cancel(run_id: int) -> ResponseReturnValue:
    """200 when it waited and is cancelled; 202 when it will stop between two pages."""
    order = load(Order)
    with writing() as session:
        found(session, SyncRun, run_id, what="run")
        status = runs.request_cancel(session, run_id)
        audit.note(
            session, who=caller().who, what="run.cancel", subject=f"run {run_id}", why=order.why
        )
    answer = {"run_id": run_id, "status": status, "cancel_requested": True}
    return answer, 202 if status == "running" else 200


@bp.post("/<ident:run_id>/approve")
@allow("operator")
@describe(
    Answer(kind=Approved),
    refuses(409, "REFUSED", when="it does not wait for approval, or a newer run decides"),
    body=Order,
    example=GIVEN,
)
def approve(run_id: int) -> dict[str, Any]:
    """Let the deletions happen that a run left to a person."""
    order = load(Order)
    with reading() as session:
        found(session, SyncRun, run_id, what="run")
    deleted = approval.approve(run_id, who=caller().who, why=order.why)
    with reading() as session:
        status = runs.find(session, run_id).status
    return {"run_id": run_id, "status": status, "deleted": deleted}
