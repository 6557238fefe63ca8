"""``/api/ops/syncs``: every declared sync, run, paused and resumed."""

from __future__ import annotations

from typing import Annotated

from flask import Blueprint
from flask.typing import ResponseReturnValue
from pydantic import Field, PlainValidator

from api.bell import BELL
from api.ops.commands import GIVEN, Order, by, enqueued
from api.web.access import allow, caller
from api.web.body import load
from api.web.describe import Answer, describe, refuses
from api.web.paging import LARGEST_ID
from api.web.problems import FieldError, Problem, not_found
from api.web.shapes import Listing
from core.errors import RefusedError
from db.session import reading
from syncs.acts import syncs as acts
from syncs.acts.by import By
from syncs.acts.syncs import NothingBegun, Pause, Running, SyncEnqueued
from syncs.declaration import AnySync
from syncs.registry import SYNCS
from syncs.views import syncs as views
from syncs.views.syncs import SyncLine

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


def _names() -> dict[str, object]:
    return {"enum": list(SYNCS)}


NAME = {"name": _names}


class RunOrder(Order):
    """``options`` of the sync; ``force`` passes freshness and our own backoff."""

    options: dict[str, Option] = Field(default_factory=dict)
    force: bool = False


@bp.get("")
@allow("viewer")
@describe(Answer(kind=Listing[SyncLine]))
def index() -> dict[str, object]:
    """Every declared sync with its state."""
    with reading() as session:
        return {"results": [line.dump() for line in views.every(session)], "next": None}


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
    """The gate's answer to an operator, as a response; every route that runs a sync gives it."""
    answer = press(sync, force=force, options=options, why=why)
    if isinstance(answer, SyncEnqueued):
        return enqueued(answer.run_id, sync=sync.name)
    return answer.dump()


def press(
    sync: AnySync, *, force: bool, options: dict[str, int | str], why: str | None
) -> SyncEnqueued | NothingBegun:
    """The gate's answer to an operator; a run that may begin now is rung for."""
    answer = acts.run(sync, force=force, options=options, by=By(caller().who, why))
    match answer:
        case SyncEnqueued(run_id=run_id) | Running(run_id=run_id, released=True):
            BELL.ring(sync.task, run_id)
    return answer


@bp.post("/<name>/pause")
@allow("operator")
@describe(Answer(kind=Pause), body=Order, example=GIVEN, path=NAME)
def pause(name: str) -> dict[str, object]:
    """Let no run begin; one that is running stops between two slices."""
    return acts.pause(declared(name), by=by(load(Order))).dump()


@bp.post("/<name>/resume")
@allow("operator")
@describe(Answer(kind=Pause), body=Order, example=GIVEN, path=NAME)
def resume(name: str) -> dict[str, object]:
    """Let runs begin again."""
    return acts.resume(declared(name), by=by(load(Order))).dump()


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
