"""``/admin/api/``: the routes of the guide's admin page: sync the art site, and its health."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, current_app
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field

from api.bell import BELL
from api.ops import outcomes
from api.ops.commands import GIVEN, Order, by
from api.ops.outcomes import Result
from api.till.waiting import LONGEST, SEATS
from api.web.access import allow
from api.web.body import load
from api.web.describe import Answer, describe, refuses
from api.web.paging import asked
from api.web.problems import Problem
from api.web.words import sentence
from core.settings import settings
from syncs.acts import syncs as acts
from syncs.acts.syncs import Asked
from syncs.health import Kind, look
from syncs.sources.template import SOURCE, SYNCS
from syncs.views.shapes import Id, Shape

bp = Blueprint("template", __name__, url_prefix="/admin/api")

NOT_CONFIGURED = refuses(409, "NOT_CONFIGURED", when="nobody said where the art site is")


class Patience(BaseModel):
    """Whether to wait for the end."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    wait: Literal["0", "1"] = Field(
        default="0", description=f"1: wait for the end, for {LONGEST} seconds at most."
    )


Tables = dict[str, int]


class TemplateRun(Shape):
    """What the gate said for one table; ``run_id`` is the run that is due or on its way."""

    sync: str
    status: Literal["enqueued", "running", "paused", "waiting", "fresh", "not_configured"]
    run_id: Id | None


class SyncStarted(Shape):
    """Runs are due."""

    success: Literal[True]
    message: Literal["Synchronization started"]
    runs: list[TemplateRun]


class Synchronized(Shape):
    """Every table is in."""

    success: Literal[True]
    message: Literal["Synchronization completed"]
    data: Tables = Field(description="Records the site has, by table.")
    partial: list[str] = Field(
        default_factory=list, description="Tables of which records were refused or wait."
    )


class SomethingFailed(Shape):
    """A table is not in; the others are."""

    success: Literal[False]
    error: str
    data: Tables = Field(description="Records the site has, by table that is in.")


class TemplateHealth(Shape):
    """How the art site's export is at this moment."""

    success: Literal[True]
    healthy: bool
    kind: Kind
    base_url: str


@bp.post("/sync-template")
@allow("operator")
@describe(
    Answer(kind=Synchronized, when="every table is in (`wait=1`)"),
    Answer(status=202, kind=SyncStarted, when="runs are due"),
    Answer(status=502, kind=SomethingFailed, when="a table is not in (`wait=1`)"),
    NOT_CONFIGURED,
    query=Patience,
    body=Order,
    example=GIVEN,
)
def sync_template() -> ResponseReturnValue:
    """Bring every table of the art site in, each by a run of its own, now; a worker runs them.

    A table whose run is on its way gets one more behind it.
    """
    patience, order = asked(Patience), load(Order)
    require_configured()
    asked_for = acts.run_all(SYNCS, SOURCE.name, by=by(order))
    for one in asked_for:
        if one.run_id is not None:
            BELL.ring(one.sync.task, one.run_id)
    if patience.wait == "1":
        with SEATS.seat(current_app.config["MOST_WAITING"]) as seated:
            result = outcomes.wait(asked_for, seconds=LONGEST) if seated else None
        if result is not None:
            return _ended(result)
    return _started(asked_for)


@bp.get("/template-health")
@allow("viewer")
@describe(Answer(kind=TemplateHealth), NOT_CONFIGURED)
def health() -> dict[str, object]:
    """Ask the art site now, once, for ten seconds at most."""
    require_configured()
    state = look(SOURCE)
    return {
        "success": True,
        "healthy": state.healthy,
        "kind": state.kind,
        "base_url": settings().template_base_url,
    }


def require_configured() -> None:
    """Raises ``Problem`` 409 when the art site's address is not configured."""
    if not SOURCE.is_configured:
        raise Problem(409, "NOT_CONFIGURED", sentence(SOURCE.advice))


def _started(asked_for: list[Asked]) -> ResponseReturnValue:
    runs = [
        {"sync": one.sync.name, "status": one.status, "run_id": one.run_id} for one in asked_for
    ]
    return {"success": True, "message": "Synchronization started", "runs": runs}, 202


def _ended(result: Result) -> ResponseReturnValue:
    if result.errors:
        return {"success": False, "error": " ".join(result.errors), "data": result.data}, 502
    message = "Synchronization completed"
    more = {"partial": result.partial} if result.partial else {}
    return {"success": True, "message": message, "data": result.data, **more}, 200
