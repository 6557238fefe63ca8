"""``/api/ops/connectors``: every configured connector, how it is, and what was asked of it."""

from __future__ import annotations

from flask import Blueprint

from api.web.access import allow
from api.web.describe import Answer, describe
from api.web.paging import Page, asked, listing
from api.web.shapes import Listing
from db.session import reading
from syncs.views import calls
from syncs.views import connectors as views
from syncs.views.calls import Call
from syncs.views.connectors import ConnectorDetail, ConnectorLine

bp = Blueprint("ops_connectors", __name__, url_prefix="/api/ops/connectors")


@bp.get("")
@allow("operator")
@describe(Answer(kind=Listing[ConnectorLine]))
def index() -> dict[str, object]:
    """Every connector as far as we know ourselves; nothing is sent."""
    with reading() as session:
        lines = [each.line.dump() for each in views.every(session)]
    return {"results": lines, "next": None}


@bp.get("/<name>")
@allow("operator")
@describe(Answer(kind=ConnectorDetail))
def show(name: str) -> dict[str, object]:
    """One connector with its problems."""
    with reading() as session:
        return views.find(session, name).dump()


@bp.get("/<name>/calls")
@allow("operator")
@describe(Answer(kind=Listing[Call]), query=Page)
def index_calls(name: str) -> dict[str, object]:
    """Calls to its vendor, newest first."""
    page = asked(Page)
    views.require(name)
    with reading() as session:
        lines = calls.recent(session, connector=name, before=page.cursor, limit=page.ahead)
    return listing(page, lines)
