"""``/inventory/status/``: how fresh the data is, and for operators how to make it so."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from api.console import page, strip, words
from api.console.answers import PAGE, SEE_OTHER, wrong
from api.ops.commands import by
from api.ops.syncs import press
from api.storefront.status import summary
from api.web import idents, sessions
from api.web.access import allow
from api.web.describe import describe
from api.web.problems import Problem
from core.document import Json
from core.errors import NotFoundError, RefusedError
from core.settings import settings
from db import bulk
from db.access import operators
from db.catalogue import synced
from db.session import reading
from db.work import overview
from syncs.acts.bulk import asking
from syncs.acts.syncs import Running, Waiting
from syncs.registry import SYNCS
from syncs.views import acts, connectors, silence

bp = Blueprint("pages", __name__)
page.answers_as_page(bp)

LATEST = 10


@bp.get("/inventory/status/", strict_slashes=False)
@allow("public")
@describe(PAGE, shares=("PageStoreAway",))
def status() -> ResponseReturnValue:
    """How each sync is doing; errors, advice, the latest records and buttons are for operators."""
    operates = _may_operate()
    state = summary(details=operates)
    zone = ZoneInfo(settings().timezone)
    with reading() as session:
        now = bulk.now(session)
        since = now - timedelta(days=strip.DAYS)
        strips = {
            name: strip.days(overview.runs_since(session, name, since), now, zone) for name in SYNCS
        }
        more = _for_operators(session) if operates else {}
    return page.render("status", told=state, strips=strips, now=now, operates=operates, **more)


def _for_operators(session: Session) -> Json:
    differ = connectors.differing(session)
    return {
        "latest": synced.latest(session, limit=LATEST),
        "acts": acts.unended(session),
        "connectors": connectors.every(session),
        "silent": silence.silent(session),
        "processes": ", ".join(f"{each.role} ({each.host})" for each in differ),
    }


@bp.post("/inventory/status/run", strict_slashes=False)
@allow("operator")
@describe(SEE_OTHER, wrong("there is no such sync"), shares=("PageBodyTooLarge",))
def run() -> ResponseReturnValue:
    """Ask the gate for the sync that the button names."""
    sync = SYNCS.get(request.form.get("sync", ""))
    if sync is None:
        raise Problem(422, "INVALID_FIELDS", "There is no such sync.")
    answer = press(sync, force=True, options={}, why=None)
    match answer:
        case Waiting(not_before=moment):
            page.leave("answer.waiting", moment=words.chosen().moment(moment))
        case Running(released=True):
            page.leave("answer.released")
        case Running(follow_up=True):
            page.leave("answer.follows")
        case _:
            page.leave(f"answer.{answer.status}")
    return page.go("pages.status")


@bp.post("/inventory/status/stop", strict_slashes=False)
@allow("operator")
@describe(SEE_OTHER, wrong("there is no such act"), shares=("PageBodyTooLarge",))
def stop() -> ResponseReturnValue:
    """Stop the act that the button names."""
    ident = idents.of_form(request.form.get("act", ""))
    try:
        act = asking.stop(ident or 0, by=by())
    except NotFoundError:
        raise Problem(422, "INVALID_FIELDS", "There is no such act.") from None
    except RefusedError:
        page.leave("answer.act_over", id=str(ident))
    else:
        stopped = act.status == "stopped"
        page.leave("answer.act_stopped" if stopped else "answer.act_stopping", id=str(ident))
    return page.go("pages.status")


def _may_operate() -> bool:
    operator = sessions.operator()
    return operator is not None and operators.may(operator.role, "operator")
