"""``/api/ops/runs``: what was run and how it ended; cancel one, approve its deletions."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from api.ops.commands import GIVEN, Order, by
from api.web.access import allow
from api.web.body import load
from api.web.describe import Answer, describe, refuses
from api.web.fields import Name
from api.web.paging import Page, asked, listing
from api.web.shapes import Listing
from db.session import reading
from syncs.acts import runs as acts
from syncs.acts.runs import Approved, Cancelled
from syncs.views import runs as views
from syncs.views.runs import Run, RunLine
from syncs.views.shapes import RunStatus

bp = Blueprint("ops_runs", __name__, url_prefix="/api/ops/runs")


class RunPage(Page):
    """Runs of one sync, or in one state."""

    sync: Name | None = None
    status: RunStatus | None = None


@bp.get("")
@allow("viewer")
@describe(Answer(kind=Listing[RunLine]), query=RunPage)
def index() -> dict[str, object]:
    """Runs, newest first."""
    page = asked(RunPage)
    with reading() as session:
        lines = views.recent(
            session, sync=page.sync, status=page.status, before=page.cursor, limit=page.ahead
        )
    return listing(page, lines)


@bp.get("/<ident:run_id>")
@allow("viewer")
@describe(Answer(kind=Run))
def show(run_id: int) -> dict[str, object]:
    """One run, with refused records, warnings and every attempt that failed."""
    with reading() as session:
        return views.find(session, run_id).dump()


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
    done = acts.cancel(run_id, by=by(load(Order)))
    return done.dump(), 202 if done.status == "running" else 200


@bp.post("/<ident:run_id>/approve")
@allow("operator")
@describe(
    Answer(kind=Approved),
    refuses(409, "REFUSED", when="it does not wait for approval, or a newer run decides"),
    body=Order,
    example=GIVEN,
)
def approve(run_id: int) -> dict[str, object]:
    """Let the deletions happen that a run left to a person, or expect a lost field no longer."""
    return acts.approve(run_id, by=by(load(Order))).dump()
