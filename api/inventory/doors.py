"""``/inventory/sync/…/``: the guide's own addresses to look at a sync and to ask for a run."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field

from api.access import allow
from api.openapi.description import Answer, describe
from api.ops.answers.syncs import NothingBegun, SyncEnqueued, SyncLine
from api.ops.syncs import ask, view
from api.paging import asked
from db.session import reading
from syncs import status
from syncs.registry import find

bp = Blueprint("inventory_doors", __name__, url_prefix="/inventory/sync")

KINDS = {"products": "b2b.products", "categories": "b2b.categories"}


class Ask(BaseModel):
    """``force=1`` passes freshness and our own backoff."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    force: bool = Field(default=False, description="1: although the data is fresh.")


@bp.get("/<any(products, categories):kind>/", strict_slashes=False)
@allow("operator")
@describe(Answer(kind=SyncLine))
def show(kind: str) -> dict[str, Any]:
    """The sync, as ``/api/ops/syncs`` lists it."""
    with reading() as session:
        every = {one.sync: one for one in status.every(session)}
    return view(every[KINDS[kind]])


@bp.post("/<any(products, categories):kind>/", strict_slashes=False)
@allow("operator")
@describe(
    Answer(kind=NothingBegun, when="nothing begins now, and why"),
    Answer(status=202, kind=SyncEnqueued, headers=("Location",), when="a run is due"),
    query=Ask,
)
def begin(kind: str) -> ResponseReturnValue:
    """Ask the gate: 202 with the run's id, or 200 with the reason why nothing starts now."""
    return ask(find(KINDS[kind]), force=asked(Ask).force, options={}, why=None)
