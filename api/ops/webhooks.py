"""``/api/ops/webhooks``: what vendors announced; look at it, or have it processed once more."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from api.bell import BELL
from api.ops.commands import GIVEN, Order, by
from api.web.access import allow
from api.web.body import load
from api.web.describe import Answer, describe, refuses
from api.web.fields import Name
from api.web.paging import Page, asked, listing
from api.web.shapes import Listing
from db.session import reading
from syncs.acts import webhooks as acts
from syncs.acts.webhooks import Replayed
from syncs.views import webhooks as views
from syncs.views.webhooks import Event, EventLine, EventState
from syncs.webhooks.receive import TASK

bp = Blueprint("ops_webhooks", __name__, url_prefix="/api/ops/webhooks")


class EventPage(Page):
    """Events of one connector, or in one state."""

    connector: Name | None = None
    state: EventState | None = None


@bp.get("")
@allow("viewer")
@describe(Answer(kind=Listing[EventLine]), query=EventPage)
def index() -> dict[str, object]:
    """Events, newest first."""
    page = asked(EventPage)
    with reading() as session:
        lines = views.recent(
            session, connector=page.connector, state=page.state, before=page.cursor,
            limit=page.ahead,
        )  # fmt: skip
    return listing(page, lines)


@bp.get("/<ident:event_id>")
@allow("viewer")
@describe(Answer(kind=Event))
def show(event_id: int) -> dict[str, object]:
    """One event with every attempt that failed, never what the vendor sent."""
    with reading() as session:
        return views.find(session, event_id).dump()


@bp.post("/<ident:event_id>/replay")
@allow("operator")
@describe(
    Answer(status=202, kind=Replayed, headers=("Location",)),
    refuses(409, "REFUSED", when="it is not over yet, or it cannot be read or concerns nothing"),
    body=Order,
    example=GIVEN,
)
def replay(event_id: int) -> ResponseReturnValue:
    """Process an event once more, whatever came of it: its object is asked for anew."""
    done = acts.replay(event_id, by=by(load(Order)))
    BELL.ring(TASK, event_id)
    return done.dump(), 202, {"Location": f"/api/ops/webhooks/{event_id}"}
