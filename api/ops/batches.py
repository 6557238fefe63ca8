"""``/api/ops/batches``: what tills sent, one request each, and what became of it."""

from __future__ import annotations

from flask import Blueprint
from pydantic import Field

from api.web.access import allow, caller
from api.web.describe import Answer, describe
from api.web.paging import LARGEST_ID, Page, asked, listing
from api.web.shapes import Listing
from db.access import operators
from db.session import reading
from syncs.views import batches as views
from syncs.views.batches import Batch, BatchLine, BatchStatus

bp = Blueprint("ops_batches", __name__, url_prefix="/api/ops/batches")


class BatchPage(Page):
    """Batches of one shop, or in one state."""

    shop: int | None = Field(default=None, ge=1, le=LARGEST_ID, description="Its id.")
    status: BatchStatus | None = None


@bp.get("")
@allow("viewer")
@describe(Answer(kind=Listing[BatchLine]), query=BatchPage)
def index() -> dict[str, object]:
    """Batches of sales, newest first."""
    page = asked(BatchPage)
    with reading() as session:
        lines = views.recent(
            session, shop_id=page.shop, status=page.status, before=page.cursor, limit=page.ahead
        )
    return listing(page, lines)


@bp.get("/<ident:batch_id>")
@allow("viewer")
@describe(Answer(kind=Batch))
def show(batch_id: int) -> dict[str, object]:
    """One batch with every attempt that failed, never what was sent, which names customers; what
    its till is answered only for an operator.
    """
    opened = operators.may(caller().role, "operator")
    with reading() as session:
        return views.find(session, str(batch_id), opened=opened).dump()
