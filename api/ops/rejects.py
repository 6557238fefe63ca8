"""``/api/ops/rejects``: records that were refused; try them again after a fix, or discard them."""

from __future__ import annotations

import json
from typing import Any, Literal

from flask import Blueprint
from pydantic import Field

from api.ops.answers.failures import Matching
from api.ops.answers.rejects import Reject as WholeReject
from api.ops.answers.rejects import RejectLine, RejectState, ReplayedMany, Settled
from api.ops.commands import GIVEN, PlainOrder, ReasonedOrder, found
from api.web.access import allow, caller
from api.web.body import Body, load
from api.web.describe import Answer, describe, refuses
from api.web.fields import Name
from api.web.paging import LARGEST_ID, Page, asked, listing
from api.web.shapes import Listing
from core import crypto
from core.errors import FatalError, RefusedError
from db.access import audit, operators
from db.models import Reject
from db.session import reading, writing
from db.work import rejects
from syncs.acts.replay import replay
from syncs.views.shown import reject_line

bp = Blueprint("ops_rejects", __name__, url_prefix="/api/ops/rejects")

MOST = 100
"""Records one request replays: it must end while its client still listens."""


class RejectPage(Page):
    """Rejects of one sync, with one code; ``state=all`` shows the closed ones too."""

    sync: Name | None = None
    code: Name | None = None
    state: RejectState | Literal["all"] = "open"


class RejectFilter(Body):
    """Which open rejects; without anything all of them."""

    sync: Name | None = None
    code: Name | None = None


class ReplayOrder(Body):
    """Replay what ``filter`` matches, or only count it; ``after`` goes on where a call ended."""

    filter: RejectFilter
    after: int = Field(default=0, ge=0, le=LARGEST_ID)
    dry_run: bool = False


@bp.get("")
@allow("viewer")
@describe(Answer(kind=Listing[RejectLine]), query=RejectPage)
def index() -> dict[str, Any]:
    """Rejects, newest first, without what was received."""
    page = asked(RejectPage)
    state = None if page.state == "all" else page.state
    with reading() as session:
        rows = rejects.recent(
            session, sync=page.sync, state=state, code=page.code, before=page.cursor,
            limit=page.ahead,
        )  # fmt: skip
        return listing(page, rows, reject_line)


@bp.get("/<ident:reject_id>")
@allow("viewer")
@describe(Answer(kind=WholeReject))
def show(reject_id: int) -> dict[str, Any]:
    """One reject; what was received, which may be personal, only for an operator."""
    with reading() as session:
        reject = found(session, Reject, reject_id, what="reject")
        line = reject_line(reject)
        if operators.may(caller().role, "operator"):
            # What is no JSON number (NaN) is shown as the text it came as.
            line["payload"] = json.loads(crypto.unseal(reject.payload), parse_constant=str)
        return line


@bp.post("/<ident:reject_id>/replay")
@allow("operator")
@describe(
    Answer(kind=Settled),
    refuses(409, "REFUSED", when="it is still refused, or closed already"),
    body=PlainOrder,
)
def replay_one(reject_id: int) -> dict[str, Any]:
    """Write the record from what was received; a 409 says why it is still refused."""
    load(PlainOrder)
    with reading() as session:
        found(session, Reject, reject_id, what="reject")
    replay(reject_id, who=caller().who)
    return {"id": reject_id, "state": "replayed"}


@bp.post("/<ident:reject_id>/discard")
@allow("operator")
@describe(
    Answer(kind=Settled),
    refuses(409, "REFUSED", when="it is closed already"),
    body=ReasonedOrder,
    example=GIVEN,
)
def discard(reject_id: int) -> dict[str, Any]:
    """Close a record that nobody wants."""
    order = load(ReasonedOrder)
    with writing() as session:
        reject = found(session, Reject, reject_id, what="reject")
        rejects.settle(session, reject, "discarded", order.why)
        subject = f"reject {reject_id}"
        audit.note(session, who=caller().who, what="reject.discard", subject=subject, why=order.why)
    return {"id": reject_id, "state": "discarded"}


@bp.post("/replay")
@allow("operator")
@describe(
    Answer(kind=ReplayedMany | Matching, when="at most 100 were tried; `dry_run`: none"),
    body=ReplayOrder,
    example={"filter": {"sync": "b2b.products", "code": "INVALID_FIELD"}, "dry_run": True},
)
def replay_many() -> dict[str, Any]:
    """Replay open rejects that match, oldest first, each on its own; ``next`` is for ``after``."""
    order = load(ReplayOrder)
    with reading() as session:
        open_ids = rejects.open_ids(session, sync=order.filter.sync, code=order.filter.code)
    chosen = [ident for ident in open_ids if ident > order.after]
    if order.dry_run:
        return {"dry_run": True, "matching": len(chosen)}
    replayed: list[int] = []
    refused: list[dict[str, Any]] = []
    for ident in chosen[:MOST]:
        try:
            replay(ident, who=caller().who)
        except (RefusedError, FatalError) as error:
            refused.append({"id": ident, "code": error.code, "detail": str(error)})
        else:
            replayed.append(ident)
    return {
        "matching": len(chosen),
        "replayed": replayed,
        "refused": refused,
        "next": chosen[MOST - 1] if len(chosen) > MOST else None,
    }
