"""``/inventory/sync/…/``: the guide's own addresses to look at a sync and to ask for a run."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.datastructures import MultiDict

from api.ops.commands import Order
from api.ops.syncs import ask
from api.web import sessions
from api.web.access import allow
from api.web.body import load
from api.web.describe import Answer, describe
from api.web.paging import asked
from db.session import reading
from syncs.acts.syncs import NothingBegun, SyncEnqueued
from syncs.registry import find
from syncs.views import syncs as views
from syncs.views.syncs import SyncLine

bp = Blueprint("inventory_doors", __name__, url_prefix="/inventory/sync")


class Ask(BaseModel):
    """``force=1`` passes freshness and our own backoff."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    force: bool = Field(
        default=False,
        description="1: although the data is fresh, and in spite of our own backoff. "
        "A form's field of this name does the same.",
    )


class PlainRun(Order):
    """``force`` as in the query."""

    force: bool = False


FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
ANSWERS = (
    Answer(kind=NothingBegun, when="nothing begins now, and why"),
    Answer(status=202, kind=SyncEnqueued, headers=("Location",), when="a run is due"),
)
EXAMPLE = {"force": True, "why": "prices changed"}


@bp.get("/products/", strict_slashes=False)
@allow("operator")
@describe(Answer(kind=SyncLine))
def products() -> dict[str, object]:
    """The sync of the products, as the list of all has it."""
    return _show("b2b.products")


@bp.get("/categories/", strict_slashes=False)
@allow("operator")
@describe(Answer(kind=SyncLine))
def categories() -> dict[str, object]:
    """The sync of the categories, as the list of all has it."""
    return _show("b2b.categories")


@bp.post("/products/", strict_slashes=False)
@allow("operator")
@describe(*ANSWERS, query=Ask, body=PlainRun, example=EXAMPLE)
def sync_products() -> ResponseReturnValue:
    """Ask for a run of the products."""
    return _begin("b2b.products")


@bp.post("/categories/", strict_slashes=False)
@allow("operator")
@describe(*ANSWERS, query=Ask, body=PlainRun, example=EXAMPLE)
def sync_categories() -> ResponseReturnValue:
    """Ask for a run of the categories."""
    return _begin("b2b.categories")


def _show(name: str) -> dict[str, object]:
    with reading() as session:
        return views.find(session, name).dump()


def _begin(name: str) -> ResponseReturnValue:
    given = MultiDict(request.values)
    given.poplist(sessions.CSRF)
    order = asked(Ask, given)
    body = PlainRun() if request.mimetype in FORMS else load(PlainRun)
    return ask(find(name), force=order.force or body.force, options={}, why=body.why)
