"""``/api/ops/failures``: tasks that finally failed; look at them, retry or dismiss them."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from api.ops import retries
from api.ops.commands import GIVEN, Enqueued, Order, ReasonedOrder, by, enqueued
from api.ops.retries import Matching, RetriedMany
from api.web.access import allow
from api.web.body import load
from api.web.describe import Answer, describe, refuses
from api.web.fields import Name
from api.web.paging import Page, asked, listing
from api.web.shapes import Listing
from db.session import reading
from syncs.acts import failures as acts
from syncs.views import failures as views
from syncs.views.failures import Failure, FailureLine, FailureState
from syncs.views.shapes import Id, Shape

bp = Blueprint("ops_failures", __name__, url_prefix="/api/ops/failures")


class FailurePage(Page):
    """Failures of one task or one cause; ``state=all`` shows the closed ones too."""

    task: Name | None = None
    fingerprint: Name | None = None
    state: FailureState | Literal["all"] = "open"


class SentAgain(Shape):
    """A task that is no sync was sent once more."""

    status: Literal["enqueued"]
    task_id: str


class BatchEnqueued(Shape):
    """A batch of sales is due again."""

    status: Literal["enqueued"]
    batch_id: Id


class Dismissed(Shape):
    """It shall not run again."""

    id: Id
    state: Literal["dismissed"]


@bp.get("")
@allow("viewer")
@describe(Answer(kind=Listing[FailureLine]), query=FailurePage)
def index() -> dict[str, object]:
    """Failures, newest first."""
    page = asked(FailurePage)
    state = None if page.state == "all" else page.state
    with reading() as session:
        lines = views.recent(
            session, state=state, task=page.task, fingerprint=page.fingerprint,
            before=page.cursor, limit=page.ahead,
        )  # fmt: skip
    return listing(page, lines)


@bp.get("/<ident:failure_id>")
@allow("viewer")
@describe(Answer(kind=Failure))
def show(failure_id: int) -> dict[str, object]:
    """One failure: its exact arguments, and every attempt with its traceback."""
    with reading() as session:
        return views.find(session, failure_id).dump()


@bp.post("/<ident:failure_id>/retry")
@allow("operator")
@describe(
    Answer(
        status=202, kind=Enqueued | BatchEnqueued | SentAgain, maybe=("Location",),
        when="a run or a batch of sales is due, or the task was sent again",
    ),
    refuses(409, "REFUSED", when="it is closed, its sync is running, or its batch is not failed"),
    refuses(
        503, "BROKER_AWAY", maybe=("Retry-After",),
        when="the broker is away and a task cannot be sent; it stays open",
    ),
    body=Order,
    example=GIVEN,
)  # fmt: skip
def retry(failure_id: int) -> ResponseReturnValue:
    """202: a sync goes on or begins anew (``run_id``), a batch of sales is worked off after all
    (``batch_id``), another task is sent again (``task_id``).
    """
    again = retries.retry(failure_id, by(load(Order)))
    if again.run_id is not None:
        return enqueued(again.run_id)
    if again.batch_id is not None:
        answer = jsonify({"status": "enqueued", "batch_id": again.batch_id})
        return answer, 202, {"Location": f"/api/ops/batches/{again.batch_id}"}
    return {"status": "enqueued", "task_id": again.task_id}, 202


@bp.post("/<ident:failure_id>/dismiss")
@allow("operator")
@describe(
    Answer(kind=Dismissed),
    refuses(409, "REFUSED", when="it is closed already"),
    body=ReasonedOrder,
    example=GIVEN,
)
def dismiss(failure_id: int) -> dict[str, object]:
    """Close a failure that shall not run again."""
    acts.dismiss([failure_id], by=by(load(ReasonedOrder)))
    return {"id": failure_id, "state": "dismissed"}


@bp.post("/retry")
@allow("operator")
@describe(
    Answer(kind=Matching, when="`dry_run`: nothing was done"),
    Answer(status=202, kind=RetriedMany, when="at most 100 were retried"),
    refuses(
        409, "CANARY_RUNNING", "CANARY_FAILED", maybe=("Retry-After",),
        when="the last canary of this filter has not ended, or failed",
    ),
    body=retries.RetryOrder,
    example={"filter": {"task": "sync.b2b.products"}, "canary": 1, "why": "the key was renewed"},
)  # fmt: skip
def retry_many() -> ResponseReturnValue:
    """All that match, or a canary of them first; refused while it runs and when it failed."""
    order = load(retries.RetryOrder)
    if order.dry_run:
        return {"dry_run": True, "matching": len(retries.matching(order.filter))}
    if order.canary is None:
        retries.require_good_canary(order.filter)
    return retries.retry_many(order).dump(), 202
