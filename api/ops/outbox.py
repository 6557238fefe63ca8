"""``/api/ops/connectors/<name>/commands/<verb>`` gives a vendor a command; ``/api/ops/outbox`` has
what became of each.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Literal

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from api.bell import BELL
from api.ops.commands import GIVEN, Order, by
from api.web.access import allow, caller
from api.web.body import INVALID, load, read
from api.web.describe import Answer, describe, refuses
from api.web.fields import Name, Why
from api.web.paging import Page, asked, listing
from api.web.problems import FieldError, Problem
from api.web.shapes import Listing
from connectors.families import PointOfSale
from connectors.families.commands import BodyError
from db.access import operators
from db.models.outbox import CommandState
from db.session import reading
from db.work.outbox import KeyReused
from syncs.acts import outbox as acts
from syncs.acts.outbox import Changed
from syncs.outbox import send
from syncs.outbox.targets import UnsupportedError
from syncs.views import outbox as views
from syncs.views.outbox import Command, CommandLine, Outcome

bp = Blueprint("ops_outbox", __name__, url_prefix="/api/ops")

FAMILIES = (PointOfSale,)
BODIES = reduce(or_, (each.body for family in FAMILIES for each in family.commands.values()))
PRICES = {"prices": [{"sku": "CAFE", "price": "2.40", "currency": "EUR"}]}


class CommandPage(Page):
    """Commands to one connector, in one state, or all."""

    connector: Name | None = None
    state: CommandState | None = None


class Resolve(Order):
    """What came of it: ``done``, ``failed``, or it was not done and shall be (``retry``)."""

    state: Literal["done", "failed", "retry"]
    why: Why


@bp.post("/connectors/<connector>/commands/<verb>")
@allow("operator")
@describe(
    Answer(
        status=202,
        kind=Outcome,
        headers=("Location",),
        when="it waits for a worker, or for a person",
    ),
    Answer(kind=Outcome, headers=("Location",), when="the same came under this key before"),
    refuses(409, "REFUSED", when="this is development, and the vendor's host is real"),
    refuses(422, "NOT_SUPPORTED", when="the vendor lacks the verb, or it is turned off"),
    refuses(422, "KEY_REUSED", when="the `Idempotency-Key` came with another command before"),
    headers=("Idempotency-Key",),
    body=BODIES,
    example=PRICES,
)
def command(connector: str, verb: str) -> ResponseReturnValue:
    """Have a vendor do something, once for each `Idempotency-Key`; without one, once for each
    `X-Request-ID` and body. The body is the verb's.
    """
    key = request.headers.get("Idempotency-Key")
    try:
        ordered = acts.order(connector, verb, read(), key=key, by=by())
    except BodyError as error:
        errors = [FieldError(path, what) for path, what in error.problems]
        raise Problem(422, error.code, INVALID, errors=errors) from None
    except (UnsupportedError, KeyReused) as error:
        raise Problem(422, error.code, str(error)) from None
    ident = ordered.outcome.outbox_id
    if ordered.waits:
        BELL.ring(send.TASK, ident)
    answer = jsonify(ordered.outcome.dump())
    return answer, 202 if ordered.new else 200, {"Location": f"/api/ops/outbox/{ident}"}


@bp.get("/outbox")
@allow("viewer")
@describe(Answer(kind=Listing[CommandLine]), query=CommandPage)
def index() -> dict[str, object]:
    """Commands to vendors, newest first."""
    page = asked(CommandPage)
    with reading() as session:
        lines = views.recent(
            session, connector=page.connector, state=page.state, before=page.cursor,
            limit=page.ahead,
        )  # fmt: skip
    return listing(page, lines)


@bp.get("/outbox/<ident:command_id>")
@allow("viewer")
@describe(Answer(kind=Command))
def show(command_id: int) -> dict[str, object]:
    """One command with every attempt that failed; its body and answer only for an operator."""
    opened = operators.may(caller().role, "operator")
    with reading() as session:
        return views.find(session, command_id, opened=opened).dump()


@bp.post("/outbox/<ident:command_id>/approve")
@allow("operator")
@describe(
    Answer(kind=Command),
    refuses(409, "REFUSED", when="it does not wait for that"),
    body=Order,
    example=GIVEN,
)
def approve(command_id: int) -> dict[str, object]:
    """Let a command go that waits for a person."""
    return _rung(acts.approve(command_id, by=by(load(Order))))


@bp.post("/outbox/<ident:command_id>/cancel")
@allow("operator")
@describe(
    Answer(kind=Command),
    refuses(409, "REFUSED", when="it was sent, or has ended"),
    body=Order,
    example=GIVEN,
)
def cancel(command_id: int) -> dict[str, object]:
    """Take back a command that was never sent."""
    return _rung(acts.cancel(command_id, by=by(load(Order))))


@bp.post("/outbox/<ident:command_id>/resolve")
@allow("operator")
@describe(
    Answer(kind=Command),
    refuses(409, "REFUSED", when="what came of it is known"),
    body=Resolve,
    example={"state": "done", "why": "the price is there"},
)
def resolve(command_id: int) -> dict[str, object]:
    """Say what came of a command of which nobody knows."""
    order = load(Resolve)
    return _rung(acts.resolve(command_id, order.state, by=by(order)))


def _rung(changed: Changed) -> dict[str, object]:
    for ident in changed.rings:
        BELL.ring(send.TASK, ident)
    return changed.command.dump()
