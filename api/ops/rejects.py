"""``/api/ops/rejects``: records that were refused; try them again after a fix, or discard them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal

from flask import Blueprint
from pydantic import Field

from api.ops.commands import GIVEN, PlainOrder, ReasonedOrder, by
from api.ops.retries import Matching, StillRefused
from api.web.access import allow, caller
from api.web.body import Body, load
from api.web.describe import Answer, describe, refuses
from api.web.fields import Name
from api.web.paging import LARGEST_ID, Page, asked, listing
from api.web.shapes import Listing
from core.errors import FatalError, RefusedError
from db.access import operators
from db.session import reading
from db.work import rejects
from syncs.acts import rejects as acts
from syncs.acts.by import By
from syncs.views import rejects as views
from syncs.views.rejects import Reject, RejectLine, RejectState
from syncs.views.shapes import Count, Id, Shape

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


class Settled(Shape):
    """It is closed."""

    id: Id
    state: Literal["replayed", "discarded"]


class ReplayedMany(Shape):
    """What was replayed and what is still refused; ``next`` is the next request's ``after``."""

    matching: Count
    replayed: list[Id]
    refused: list[StillRefused]
    next: Id | None


@bp.get("")
@allow("viewer")
@describe(Answer(kind=Listing[RejectLine]), query=RejectPage)
def index() -> dict[str, object]:
    """Rejects, newest first, without what was received."""
    page = asked(RejectPage)
    state = None if page.state == "all" else page.state
    with reading() as session:
        lines = views.recent(
            session, sync=page.sync, state=state, code=page.code, before=page.cursor,
            limit=page.ahead,
        )  # fmt: skip
    return listing(page, lines)


@bp.get("/<ident:reject_id>")
@allow("viewer")
@describe(Answer(kind=Reject))
def show(reject_id: int) -> dict[str, object]:
    """One reject; what was received, which may be personal, only for an operator."""
    opened = operators.may(caller().role, "operator")
    with reading() as session:
        reject = views.find(session, reject_id, opened=opened).dump()
    if opened:
        # What is no JSON number (NaN) is answered as the text it came as.
        reject["payload"] = json.loads(json.dumps(reject["payload"]), parse_constant=str)
    return reject


@bp.post("/<ident:reject_id>/replay")
@allow("operator")
@describe(
    Answer(kind=Settled),
    refuses(409, "REFUSED", when="it is still refused, or closed already"),
    body=PlainOrder,
)
def replay_one(reject_id: int) -> dict[str, object]:
    """Write the record from what was received; a 409 says why it is still refused."""
    load(PlainOrder)
    acts.replay(reject_id, by=by())
    return {"id": reject_id, "state": "replayed"}


@bp.post("/<ident:reject_id>/discard")
@allow("operator")
@describe(
    Answer(kind=Settled),
    refuses(409, "REFUSED", when="it is closed already"),
    body=ReasonedOrder,
    example=GIVEN,
)
def discard(reject_id: int) -> dict[str, object]:
    """Close a record that nobody wants."""
    acts.discard([reject_id], by=by(load(ReasonedOrder)))
    return {"id": reject_id, "state": "discarded"}


@bp.post("/replay")
@allow("operator")
@describe(
    Answer(kind=ReplayedMany | Matching, when="at most 100 were tried; `dry_run`: none"),
    body=ReplayOrder,
    example={"filter": {"sync": "b2b.products", "code": "INVALID_FIELD"}, "dry_run": True},
)
def replay_many() -> dict[str, object]:
    """Replay open rejects that match, oldest first, each on its own; ``next`` is for ``after``."""
    order = load(ReplayOrder)
    with reading() as session:
        open_ids = rejects.open_ids(session, sync=order.filter.sync, code=order.filter.code)
    chosen = [ident for ident in open_ids if ident > order.after]
    if order.dry_run:
        return {"dry_run": True, "matching": len(chosen)}
    replayed, refused = _each(chosen[:MOST], by())
    return ReplayedMany(
        matching=len(chosen),
        replayed=replayed,
        refused=refused,
        next=chosen[MOST - 1] if len(chosen) > MOST else None,
    ).dump()


def _each(idents: Sequence[int], by: By) -> tuple[list[int], list[StillRefused]]:
    replayed: list[int] = []
    refused: list[StillRefused] = []
    for ident in idents:
        try:
            acts.replay(ident, by=by)
        except (RefusedError, FatalError) as error:
            refused.append(StillRefused(id=ident, code=error.code, detail=str(error)))
        else:
            replayed.append(ident)
    return replayed, refused
