"""``/api/ops/audit``: who did what, and why."""

from __future__ import annotations

from flask import Blueprint

from api.web.access import allow
from api.web.describe import Answer, describe
from api.web.paging import Page, asked, listing
from api.web.shapes import Listing
from db.session import reading
from syncs.views import audit
from syncs.views.audit import Act

bp = Blueprint("ops_audit", __name__, url_prefix="/api/ops/audit")


@bp.get("")
@allow("admin")
@describe(Answer(kind=Listing[Act]), query=Page)
def index() -> dict[str, object]:
    """Acts, newest first."""
    page = asked(Page)
    with reading() as session:
        lines = audit.recent(session, before=page.cursor, limit=page.ahead)
    return listing(page, lines)
