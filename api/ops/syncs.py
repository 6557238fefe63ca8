"""``/api/ops/syncs``: every declared sync, run, paused and resumed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from flask import Blueprint
from flask.typing import ResponseReturnValue
from pydantic import Field, PlainValidator
from sqlalchemy.orm import Session

from api.bell import BELL
from api.ops.answers.syncs import NothingBegun, Pause, SyncEnqueued, SyncLine
from api.ops.commands import GIVEN, Order, enqueued
from api.web.access import allow, caller
from api.web.body import load
from api.web.describe import Answer, describe, refuses
from api.web.paging import LARGEST_ID
from api.web.problems import FieldError, Problem, not_found
from api.web.shapes import Listing
from core.errors import RefusedError
from db.access import audit
from db.session import reading, writing
from db.work import states
from syncs import gate, intervals
from syncs.declaration import AnySync
from syncs.registry import SYNCS
from syncs.views import status

bp = Blueprint("ops_syncs", __name__, url_prefix="/api/ops/syncs")

LONGEST_OPTION = 200


def _option(value: object) -> object:
    number = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_ID
    if value is None or number or (isinstance(value, str) and len(value) <= LONGEST_OPTION):
        return value
    raise ValueError(f"must be a whole number or a text of at most {LONGEST_OPTION} characters")


_Described = (
    Annotated[int, Field(ge=-LARGEST_ID, le=LARGEST_ID)]
    | Annotated[str, Field(max_length=LONGEST_OPTION)]
    | None
)
Option = Annotated[int | str | None, PlainValidator(_option, json_schema_input_type=_Described)]

NAME = {"name": {"enum": list(SYNCS)}}


class RunOrder(Order):
    """``options`` of the sync; ``force`` passes freshness and our own backoff."""

    options: dict[str, Option] = Field(default_factory=dict)
    force: bool = False


@bp.get("")
@allow("viewer")
@describe(Answer(kind=Listing[SyncLine]))
def index() -> dict[str, Any]:
    """Every declared sync with its state."""
    with reading() as session:
        return {"results": [view(one) for one in status.every(session)], "next": None}


@bp.post("/<name>/run")
@allow("operator")
@describe(
    Answer(kind=NothingBegun, when="nothing begins now, and why"),
    Answer(status=202, kind=SyncEnqueued, headers=("Location",), when="a run is due"),
    refuses(409, "NOT_CONFIGURED", when="nobody said where its source is"),
    body=RunOrder,
    example={"options": {}, "force": True, "why": "prices changed"},
    path=NAME,
)
def run(name: str) -> ResponseReturnValue:
    """Ask the gate: 202 with the run's id, or 200 with the reason why nothing starts now."""
    sync = declared(name)
    order = load(RunOrder)
    options = _checked(sync, order.options)
    return ask(sync, force=order.force, options=options, why=order.why)


def ask(
    sync: AnySync, *, force: bool, options: dict[str, int | str], why: str | None
) -> ResponseReturnValue:
    """The gate's answer to an operator, as every door tells it."""
    answer, follows = press(sync, force=force, options=options, why=why)
    if isinstance(answer, gate.Enqueued):
        return enqueued(answer.run_id, sync=sync.name)
    told = {"status": answer.status, "sync": sync.name, **asdict(answer)}
    return told | {"follow_up": follows} if isinstance(answer, gate.Running) else told


def press(
    sync: AnySync, *, force: bool, options: dict[str, int | str], why: str | None
) -> tuple[gate.Answer, bool]:
    """The gate's answer to an operator, and whether one more run follows the one on its way.

    What it brought about is in the audit, and a run that may begin now is rung for.
    """
    with writing() as session:
        answer = gate.decide(session, sync, trigger="api", force=force, options=options)
        if isinstance(answer, gate.NotConfigured):
            raise Problem(409, "NOT_CONFIGURED", sync.source.advice)
        follows = isinstance(answer, gate.Running) and _follows(session, sync)
        if brought := _brought(answer):
            audit.note(
                session, who=caller().who, what="sync.run", subject=sync.name, why=why,
                force=force, options=options, **brought,
            )  # fmt: skip
    match answer:
        case gate.Enqueued(run_id=run_id) | gate.Running(run_id=run_id, released=True):
            BELL.ring(sync.task, run_id)
    return answer, follows


@bp.post("/<name>/pause")
@allow("operator")
@describe(Answer(kind=Pause), body=Order, example=GIVEN, path=NAME)
def pause(name: str) -> dict[str, Any]:
    """Let no run begin; one that is running stops between two slices."""
    return _set(name, paused=True)


@bp.post("/<name>/resume")
@allow("operator")
@describe(Answer(kind=Pause), body=Order, example=GIVEN, path=NAME)
def resume(name: str) -> dict[str, Any]:
    """Let runs begin again."""
    return _set(name, paused=False)


def declared(name: str) -> AnySync:
    """The sync called ``name``; a 404 when none is."""
    if name not in SYNCS:
        raise not_found(f"There is no such sync; there are: {', '.join(SYNCS)}.")
    return SYNCS[name]


def _checked(sync: AnySync, given: dict[str, int | str | None]) -> dict[str, int | str]:
    try:
        return sync.check_options(given)
    except RefusedError as error:
        errors = [FieldError("options", str(error))]
        raise Problem(422, "INVALID_FIELDS", "The options are wrong.", errors=errors) from None


def _follows(session: Session, sync: AnySync) -> bool:
    """Whether one more run was asked for behind the one that is on its way."""
    state = states.find(session, sync.name)
    return state is not None and state.follow_up is not None


def _brought(answer: gate.Answer) -> dict[str, Any]:
    """What an operator brought about, for the audit; empty: nothing."""
    match answer:
        case gate.Enqueued(run_id=run_id):
            return {"run": run_id}
        case gate.Running(run_id=run_id, released=released, queued=queued) if released or queued:
            return {"run": run_id, "released": released, "queued": queued}
    return {}


def _set(name: str, *, paused: bool) -> dict[str, Any]:
    sync, order = declared(name), load(Order)
    what = "sync.pause" if paused else "sync.resume"
    with writing() as session:
        states.pause(session, sync.name, paused=paused)
        audit.note(session, who=caller().who, what=what, subject=sync.name, why=order.why)
    return {"sync": sync.name, "paused": paused}


def view(one: status.SyncStatus) -> dict[str, Any]:
    """A sync in a list."""
    sync = SYNCS[one.sync]
    return {
        "name": sync.name,
        "task": sync.task,
        "summary": sync.summary,
        "schedule": _crontab(sync),
        "options": {name: kind.__name__ for name, kind in sync.options.items()},
        **{name: value for name, value in asdict(one).items() if name not in ("sync", "summary")},
    }


def _crontab(sync: AnySync) -> str | None:
    """The five fields, as ``SYNC_SCHEDULE_<NAME>`` takes them."""
    cron = intervals.schedule(sync)
    return None if cron is None else str(cron).removeprefix("<crontab: ").partition(" (")[0]
