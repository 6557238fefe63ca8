"""``/`` and ``/inventory/status/``: how fresh the data is, and for operators how to make it so."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from api import sessions, words
from api.access import allow, caller
from api.bell import BELL
from api.inventory.summary import summary
from api.openapi.description import Answer, describe
from api.pages import page, strip
from api.pages.login import PAGE, SEE_OTHER
from api.problems import Problem
from core.settings import settings
from db import audit, bulk, operators, overview, synced
from db.session import reading, writing
from syncs import gate
from syncs.registry import SYNCS

bp = Blueprint("pages", __name__)
page.answers_as_page(bp)

LATEST = 10


@bp.get("/inventory/status/", strict_slashes=False)
@allow("public")
@describe(PAGE)
def status() -> ResponseReturnValue:
    """How each sync is doing; the rest is for operators."""
    found = _may("viewer")
    told = summary(details=found)
    zone = ZoneInfo(settings().timezone)
    with reading() as session:
        now = bulk.now(session)
        since = now - timedelta(days=strip.DAYS)
        strips = {
            name: strip.days(overview.runs_since(session, name, since), now, zone) for name in SYNCS
        }
        latest = synced.latest(session, limit=LATEST) if found else []
    return page.render(
        "status", told=told, strips=strips, latest=latest, now=now, details=found,
        may_act=_may("operator"),
    )  # fmt: skip


@bp.post("/inventory/status/run", strict_slashes=False)
@allow("operator")
@describe(SEE_OTHER, Answer(status=422, media_type=page.HTML, when="there is no such sync"))
def run() -> ResponseReturnValue:
    """Ask the gate for the sync that the button names."""
    sync = SYNCS.get(request.form.get("sync", ""))
    if sync is None:
        raise Problem(422, "INVALID_FIELDS", "There is no such sync.")
    with writing() as session:
        answer = gate.decide(session, sync, trigger="page", force=True)
        if isinstance(answer, gate.Enqueued):
            audit.note(
                session, who=caller().who, what="sync.run", subject=sync.name, force=True,
                run=answer.run_id,
            )  # fmt: skip
    if isinstance(answer, gate.Enqueued):
        BELL.ring(sync.task, answer.run_id)
    named: dict[str, str] = {}
    if isinstance(answer, gate.Waiting):
        named["moment"] = words.chosen().moment(answer.not_before)
    page.leave(f"answer.{answer.status}", **named)
    return page.go("pages.status")


def _may(role: str) -> bool:
    """Whether who reads the page may see, or do, what ``role`` may."""
    found = sessions.operator()
    return found is not None and operators.may(found.role, role)
