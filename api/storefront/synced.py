"""``/api/inventory/…/synced/``: the catalogue for storefronts; reading it wakes its sync."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, jsonify, request
from pydantic import Field
from sqlalchemy import RowMapping
from sqlalchemy.orm import Session

from api.autosync import LOOKED_AT
from api.storefront import answers
from api.web.access import allow
from api.web.describe import Answer, describe
from api.web.paging import LARGEST_ID, Page, asked
from db import bulk
from db.catalogue import synced
from db.session import reading
from syncs.due.wake import Waker
from syncs.registry import find
from syncs.sales.answers import amount
from syncs.views import status

bp = Blueprint("inventory_synced", __name__, url_prefix="/api/inventory")

Read = Callable[..., Sequence[RowMapping]]


class SyncedPage(Page):
    """Which part: at most ``limit`` records after the one that ``cursor`` names."""

    cursor: int | None = Field(
        default=None, ge=1, le=LARGEST_ID, description="As `next` has it: records after this one."
    )


@bp.get("/products/synced/", strict_slashes=False)
@allow("public")
@describe(
    Answer(kind=answers.SyncedProducts, headers=("X-Sync-State",), maybe=("Age",)),
    query=SyncedPage,
    shares=("StoreAway",),
)
def products() -> Response:
    """Products on sale, with all that the source says of them."""
    return _page("b2b.products", synced.products)


@bp.get("/categories/synced/", strict_slashes=False)
@allow("public")
@describe(
    Answer(kind=answers.SyncedCategories, headers=("X-Sync-State",), maybe=("Age",)),
    query=SyncedPage,
    shares=("StoreAway",),
)
def categories() -> Response:
    """Categories, with all that the source says of them."""
    return _page("b2b.categories", synced.categories)


def _page(name: str, read: Read) -> Response:
    page = asked(SyncedPage)
    with reading() as session:
        rows = read(session, after=page.cursor or 0, limit=page.ahead)
        age = _age(session, name)
    results, following = rows[: page.limit], None
    if len(rows) > page.limit:
        query = page.model_dump(exclude_none=True, exclude_defaults=True)
        following = f"{request.path}?{urlencode({**query, 'cursor': results[-1]['tie']})}"
    answer = jsonify(
        {
            "results": [_record(row) for row in results],
            "next": following,
            "state": age.state,
            "last_success_at": age.last_success_at,
        }
    )
    answer.headers["X-Sync-State"] = age.state
    if age.age is not None:
        answer.headers["Age"] = str(max(0, int(age.age)))
    if LOOKED_AT not in request.environ:
        wakers: dict[str, Waker] = current_app.extensions["wakers"]
        answer.call_on_close(wakers[name].wake)
    return answer


def _age(session: Session, name: str) -> status.SyncStatus:
    return status.one(session, find(name), now=bulk.now(session), open_rejects=0, open_failures=0)


def _record(row: RowMapping) -> dict[str, object]:
    record = {str(key): value for key, value in row.items() if key != "tie"}
    if "price" in record:
        record["price"] = amount(record["price"])
    return record
