"""``/api/ops/failures``: tasks that finally failed; look at them, retry or dismiss them."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from pydantic import Field

from api.bell import BELL
from api.ops import bulk
from api.ops.bulk import BulkOrder, FailureFilter, ReasonedBulkOrder
from api.ops.commands import GIVEN, Enqueued, Order, ReasonedOrder, by
from api.web.access import allow
from api.web.body import load
from api.web.describe import Answer, describe, refuses
from api.web.fields import Name
from api.web.paging import Page, asked, listing
from api.web.shapes import Listing
from core.errors import RetriableError
from db.session import reading
from syncs.acts import canaries
from syncs.acts import failures as acts
from syncs.acts.retry import Reopened
from syncs.views import failures as views
from syncs.views.failures import Failure, FailureLine, FailureState
from syncs.views.shapes import Id, Shape
from tasks.resend import resend

bp = Blueprint("ops_failures", __name__, url_prefix="/api/ops/failures")

LISTS = {"run": "runs", "batch": "batches", "act": "acts", "webhook": "webhooks"}
"""Where to follow what was made due."""


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


class ActEnqueued(Shape):
    """An act on many rows is due again."""

    status: Literal["enqueued"]
    act_id: Id


class WebhookEnqueued(Shape):
    """An event of a webhook is due again."""

    status: Literal["enqueued"]
    webhook_id: Id


class RetryOrder(BulkOrder):
    """Retry what ``filter`` matches, or a ``canary`` of so many of each cause."""

    filter: FailureFilter
    canary: int | None = Field(default=None, ge=1, le=canaries.MOST)


class DismissOrder(ReasonedBulkOrder):
    """Dismiss what ``filter`` matches."""

    filter: FailureFilter


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
        status=202, kind=Enqueued | BatchEnqueued | WebhookEnqueued | ActEnqueued | SentAgain,
        maybe=("Location",), when="a run or another row is due, or the task was sent again",
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
    """202: a sync goes on or begins anew (``run_id``), a batch of sales is processed after all
    (``batch_id``), so is a webhook (``webhook_id``), an act goes on (``act_id``), another task is
    sent again (``task_id``).
    """
    who = by(load(Order))
    again = acts.retry(failure_id, by=who)
    if again is not None:
        return _due(again)
    if not BELL.answers():
        raise RetriableError("The broker does not answer; it stays open.", code="BROKER_AWAY")
    return {"status": "enqueued", "task_id": resend(failure_id, by=who)}, 202


def _due(again: Reopened) -> ResponseReturnValue:
    BELL.ring(again.task, again.ident)
    noun = again.name.partition(" ")[0]
    answer = jsonify({"status": "enqueued", f"{noun}_id": again.ident})
    return answer, 202, {"Location": f"/api/ops/{LISTS[noun]}/{again.ident}"}


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
    bulk.COUNTED,
    bulk.ACCEPTED,
    bulk.CANARY_IN_THE_WAY,
    body=RetryOrder,
    example={"filter": {"task": "sync.b2b.products"}, "canary": 1, "why": "the key was renewed"},
)
def retry_many() -> ResponseReturnValue:
    """Retry all that match, or a canary of each of their causes first; refused while it runs and
    when it failed. One run answers for all failures of a sync with the same options.
    """
    order = load(RetryOrder)
    return bulk.start("failure.retry", order.filter, order, canary=order.canary)


@bp.post("/dismiss")
@allow("operator")
@describe(
    bulk.COUNTED,
    bulk.ACCEPTED,
    body=DismissOrder,
    example={"filter": {"fingerprint": "3f2a9c0d5b7e1f48"}, "why": "the source is gone"},
)
def dismiss_many() -> ResponseReturnValue:
    """Close all that match, so that they never run again."""
    order = load(DismissOrder)
    return bulk.start("failure.dismiss", order.filter, order)
