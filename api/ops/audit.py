"""``/api/ops/audit``: who did what, and why."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from api.ops.answers.audit import Act
from api.web.access import allow
from api.web.describe import Answer, describe
from api.web.paging import Page, asked, listing
from api.web.shapes import Listing
from db.access import audit
from db.models import AuditEvent
from db.session import reading

bp = Blueprint("ops_audit", __name__, url_prefix="/api/ops/audit")


@bp.get("")
@allow("admin")
@describe(Answer(kind=Listing[Act]), query=Page)
def index() -> dict[str, Any]:
    """Acts, newest first."""
    page = asked(Page)
    with reading() as session:
        return listing(page, audit.recent(session, before=page.cursor, limit=page.ahead), _line)


def _line(event: AuditEvent) -> dict[str, Any]:
    return {
        "id": event.id,
        "at": event.at,
        "who": event.who,
        "what": event.what,
        "subject": event.subject,
        "why": event.why,
        "details": event.details,
        "correlation_id": event.correlation_id,
    }
