"""``/api/ops/queues``: what lies in the broker; look at it, or purge a queue."""

from __future__ import annotations

from flask import Blueprint

from api.ops.commands import GIVEN, Order, by
from api.web.access import allow
from api.web.body import load
from api.web.describe import Answer, describe, refuses
from api.web.shapes import Listing
from syncs.acts import queues as acts
from syncs.acts.queues import Purged
from syncs.views import queues as views
from syncs.views.queues import Queue

bp = Blueprint("ops_queues", __name__, url_prefix="/api/ops/queues")

AWAY = refuses(
    503, "BROKER_AWAY", "CONFIGURATION", maybe=("Retry-After",),
    when="the broker does not answer, or nobody said where it is",
)  # fmt: skip
NO_REDIS = refuses(409, "REFUSED", when="the broker is no Redis")


@bp.get("")
@allow("viewer")
@describe(Answer(kind=Listing[Queue]), NO_REDIS, AWAY)
def index() -> dict[str, object]:
    """Every queue: how long it is, and what it holds."""
    return {"results": [queue.dump() for queue in views.every()], "next": None}


@bp.post("/<queue>/purge")
@allow("operator")
@describe(Answer(kind=Purged), NO_REDIS, AWAY, body=Order, example=GIVEN)
def purge(queue: str) -> dict[str, object]:
    """Delete what waits in the queue; what is due in the store is rung for again by itself."""
    return acts.purge(queue, by=by(load(Order))).dump()
