"""``/admin/api/``: the art site, as its guide's admin page asks for it: sync all, is it well."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal

from flask import Blueprint, current_app
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from api.bell import BELL
from api.ops.answers.template import (
    SomethingFailed,
    Synchronized,
    SyncStarted,
    TemplateHealth,
    TemplateRun,
)
from api.ops.commands import GIVEN, Order
from api.till.waiting import FIRST_PAUSE, LONGEST, LONGEST_PAUSE, SEATS
from api.web.access import allow, caller
from api.web.body import load
from api.web.describe import Answer, describe, refuses
from api.web.paging import asked
from api.web.problems import Problem
from core.settings import settings
from db.access import audit
from db.models import SyncRun
from db.session import reading, writing
from db.work import runs
from syncs import gate
from syncs.health import look
from syncs.running.progress import restore
from syncs.sources.template import SOURCE, SYNCS

bp = Blueprint("template", __name__, url_prefix="/admin/api")

NOT_CONFIGURED = refuses(409, "NOT_CONFIGURED", when="nobody said where the art site is")
ENDED = ("succeeded", "partial", "needs_approval")


class Patience(BaseModel):
    """Whether to wait for the end."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    wait: Literal["0", "1"] = Field(
        default="0", description=f"1: wait for the end, for {LONGEST} seconds at most."
    )


@dataclass(frozen=True)
class Result:
    """How the runs are doing: ``data`` counts records of tables that are in, ``errors`` says what
    became of the others, ``pending`` are on their way.
    """

    data: dict[str, int]
    partial: list[str]
    errors: list[str]
    pending: list[str]


@dataclass(frozen=True)
class Begun:
    """What the gate said for one table, and its run's newest ``error`` at that time: one that came
    before anybody asked is no outcome.
    """

    told: TemplateRun
    error: dict[str, Any] | None


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
    with writing() as session:
        begun = [_ask(session, sync) for sync in SYNCS]
        audit.note(
            session, who=caller().who, what="sync.run", subject=SOURCE.name, why=order.why,
            force=True, runs={one.told.sync: one.told.run_id for one in begun},
        )  # fmt: skip
    for sync, one in zip(SYNCS, begun, strict=True):
        if one.told.run_id is not None:
            BELL.ring(sync.task, one.told.run_id)
    if patience.wait == "1":
        with SEATS.seat(current_app.config["MOST_WAITING"]) as seated:
            found = _wait(begun, seconds=LONGEST) if seated else None
        if found is not None:
            return _ended(found)
    return _started(begun)


@bp.get("/template-health")
@allow("viewer")
@describe(Answer(kind=TemplateHealth), NOT_CONFIGURED)
def health() -> dict[str, Any]:
    """Ask the art site now, once, for ten seconds at most."""
    require_configured()
    found = look(SOURCE)
    return {
        "success": True,
        "healthy": found.healthy,
        "kind": found.kind,
        "base_url": settings().template_base_url,
    }


def require_configured() -> None:
    """``Problem`` 409 when nobody said where the art site is."""
    if not SOURCE.is_configured:
        raise Problem(409, "NOT_CONFIGURED", SOURCE.advice)


def _ask(session: Session, sync: Any) -> Begun:
    answer = gate.decide(session, sync, trigger="api", force=True)
    run_id = answer.run_id if isinstance(answer, gate.Enqueued | gate.Running) else None
    error = _newest(runs.find(session, run_id)) if run_id is not None else None
    return Begun(TemplateRun(sync=sync.name, status=answer.status, run_id=run_id), error)


def _newest(run: SyncRun) -> dict[str, Any] | None:
    """The error of the run's last try: of very many the list keeps no more than some."""
    return run.errors[-1] if run.errors else None


def _started(begun: list[Begun]) -> ResponseReturnValue:
    told = [one.told.model_dump() for one in begun]
    return {"success": True, "message": "Synchronization started", "runs": told}, 202


def _ended(found: Result) -> ResponseReturnValue:
    if found.errors:
        return {"success": False, "error": " ".join(found.errors), "data": found.data}, 502
    message = "Synchronization completed"
    more = {"partial": found.partial} if found.partial else {}
    return {"success": True, "message": message, "data": found.data, **more}, 200


def _wait(begun: list[Begun], *, seconds: float) -> Result | None:
    """How all of them ended; None when time ran out."""
    deadline, pause = time.monotonic() + seconds, FIRST_PAUSE
    while (left := deadline - time.monotonic()) > 0:
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, LONGEST_PAUSE)
        found = _look(begun)
        if not found.pending:
            return found
    return None


def _look(begun: list[Begun]) -> Result:
    found = Result({}, [], [], [])
    with reading() as session:
        for one in begun:
            name = one.told.sync.partition(".")[2]
            if one.told.run_id is None:
                found.errors.append(f"{name}: {one.told.status}.")
                continue
            _sort(found, name, runs.find(session, one.told.run_id), one.error)
    return found


def _sort(found: Result, name: str, run: SyncRun, before: dict[str, Any] | None) -> None:
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
