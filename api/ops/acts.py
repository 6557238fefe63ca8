"""``/api/ops/acts``: acts on many rows; look at how far one has come, or stop it."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from api.ops.bulk import accepted
from api.ops.commands import GIVEN, Order, by
from api.web.access import allow
from api.web.body import load
from api.web.describe import Answer, describe, refuses
from api.web.paging import Page, asked, listing
from api.web.shapes import Listing
from db.session import reading
from syncs.acts.bulk import asking
from syncs.views import acts as views
from syncs.views.acts import ActStatus, BulkAct, BulkActLine

bp = Blueprint("ops_acts", __name__, url_prefix="/api/ops/acts")


class ActPage(Page):
    """Acts in one state, or all."""

    status: ActStatus | None = None


@bp.get("")
@allow("viewer")
@describe(Answer(kind=Listing[BulkActLine]), query=ActPage)
def index() -> dict[str, object]:
    """Acts on many rows, newest first."""
    page = asked(ActPage)
    with reading() as session:
        lines = views.recent(session, status=page.status, before=page.cursor, limit=page.ahead)
    return listing(page, lines)


@bp.get("/<ident:act_id>")
@allow("viewer")
@describe(Answer(kind=BulkAct))
def show(act_id: int) -> dict[str, object]:
    """One act: how far it has come, what it made due, and why rows were refused."""
    with reading() as session:
        return views.find(session, act_id).dump()


@bp.post("/<ident:act_id>/stop")
@allow("operator")
@describe(
    Answer(kind=BulkAct, when="nobody was at it: it is stopped"),
    Answer(status=202, kind=BulkAct, headers=("Location",), when="it stops before its next slice"),
    refuses(409, "REFUSED", when="it is over already"),
    body=Order,
    example=GIVEN,
)
def stop(act_id: int) -> ResponseReturnValue:
    """200 when nobody was at it; 202 when it stops before its next slice. What is done stays so."""
    act = asking.stop(act_id, by=by(load(Order)))
    return act.dump() if act.status == "stopped" else accepted(act)
