"""``/api/ops/rejects``: records that were refused; try them again after a fix, or discard them."""

from __future__ import annotations

import json
from typing import Literal

from flask import Blueprint
from flask.typing import ResponseReturnValue

from api.ops import bulk
from api.ops.bulk import BulkOrder, ReasonedBulkOrder, RejectFilter
from api.ops.commands import GIVEN, ReasonedOrder, by
from api.web.access import allow, caller
from api.web.body import Body, load
from api.web.describe import Answer, describe, refuses
from api.web.fields import InvoiceNumber, Name
from api.web.paging import Page, asked, listing
from api.web.shapes import Listing
from db.access import operators
from db.session import reading
from syncs.acts import rejects as acts
from syncs.views import rejects as views
from syncs.views.rejects import Reject, RejectLine, RejectState
from syncs.views.shapes import Id, Shape

bp = Blueprint("ops_rejects", __name__, url_prefix="/api/ops/rejects")


class RejectPage(Page):
    """Rejects of one sync, with one code; ``state=all`` shows the closed ones too."""

    sync: Name | None = None
    code: Name | None = None
    state: RejectState | Literal["all"] = "open"


class ReplayOrder(BulkOrder):
    """Replay what ``filter`` matches."""

    filter: RejectFilter


class DiscardOrder(ReasonedBulkOrder):
    """Discard what ``filter`` matches."""

    filter: RejectFilter


class ReplayOneOrder(Body):
    """Replay one; ``number`` is what to sell a sale under whose own is another sale's."""

    number: InvoiceNumber | None = None


class Settled(Shape):
    """It is closed."""

    id: Id
    state: Literal["replayed", "discarded"]


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
    body=ReplayOneOrder,
    example={"number": "T2-000042"},
)
def replay_one(reject_id: int) -> dict[str, object]:
    """Write the record from what was received; a 409 says why it is still refused. A sale whose
    number is another sale's (`CONFLIT_FACTURE`) is sold under `number`.
    """
    acts.replay(reject_id, number=load(ReplayOneOrder).number, by=by())
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
    bulk.COUNTED,
    bulk.ACCEPTED,
    body=ReplayOrder,
    example={"filter": {"sync": "b2b.products", "code": "INVALID_FIELD"}, "dry_run": True},
)
def replay_many() -> ResponseReturnValue:
    """Replay open rejects that match, oldest first, each on its own."""
    order = load(ReplayOrder)
    return bulk.start("reject.replay", order.filter, order)


@bp.post("/discard")
@allow("operator")
@describe(
    bulk.COUNTED,
    bulk.ACCEPTED,
    body=DiscardOrder,
    example={"filter": {"code": "INVALID_FIELD"}, "why": "records of a test"},
)
def discard_many() -> ResponseReturnValue:
    """Close all that match and that nobody wants."""
    order = load(DiscardOrder)
    return bulk.start("reject.discard", order.filter, order)
