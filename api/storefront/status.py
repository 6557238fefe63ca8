"""``/inventory/api/status/``: how fresh the catalogue is; counts for all, errors for operators."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from flask import Blueprint
from sqlalchemy.orm import Session

from api.storefront import answers
from api.web import access, words
from api.web.access import allow
from api.web.describe import Answer, describe, refuses
from db import bulk
from db.access import operators
from db.catalogue import synced
from db.session import reading
from db.work import overview
from syncs.due import schedule
from syncs.registry import SYNCS
from syncs.sales.refused import NAME as SALES
from syncs.views import outbox, rejects, shops, status
from syncs.views.advice import advice
from syncs.views.status import SyncStatus

bp = Blueprint("inventory_summary", __name__, url_prefix="/inventory")

MOST_ERRORS = 20
"""Of each sync."""


@bp.get("/api/status/", strict_slashes=False)
@allow("public")
@describe(
    Answer(kind=answers.Status),
    refuses(
        401, "UNAUTHORIZED", headers=("WWW-Authenticate",),
        when="a token came, and it is unknown or revoked",
    ),
    shares=("StoreAway",),
)  # fmt: skip
def index() -> dict[str, object]:
    """Counts and ages.

    With an operator's token what went wrong as well: each sync's ``advice`` and ``error``, the run
    that waits for a person (``approve``), how many refused
    sales wait for one, ``commands`` to vendors that have not ended, and the newest
    ``errors``, at most 20 of the tills' sales and of each sync.
    """
    caller = access.caller_if_any()
    return summary(details=caller is not None and operators.may(caller.role, "operator"))


def summary(*, details: bool) -> dict[str, object]:
    """The body of the route; with ``details`` what only operators may read."""
    with reading() as session:
        every = {one.sync: one for one in status.every(session)}
        now = bulk.now(session)
        products, categories = synced.counts(session)
        unsold = shops.unsold(session)
        values: dict[str, object] = {
            "products": _kind(every["b2b.products"], products),
            "categories": _kind(every["b2b.categories"], categories),
            "without_till": sum(each.articles for each in unsold),
            "syncs": [
                _one(session, one, now) | (_details(one) if details else {})
                for one in every.values()
            ],
        }
        if details:
            values["unsold"] = [{**each.dump(), "advice": words.unsold(each)} for each in unsold]
            values["refused_sales"] = overview.open_rejects(session).get(SALES, 0)
            values["commands"] = outbox.waiting(session).dump()
            values["errors"] = _errors(session, every.values())
    return values


def _kind(one: SyncStatus, count: int) -> dict[str, object]:
    return {
        "count": count,
        "state": one.state,
        "last_success_at": one.last_success_at,
        "age": one.age,
        "errors": one.open_rejects,
    }


def _one(session: Session, one: SyncStatus, now: datetime) -> dict[str, object]:
    run = one.last_run
    since = run.tried_since if run is not None else None
    if one.state == "failing":
        since = overview.failed_after(session, one.sync, one.last_success_at)
    return {
        "sync": one.sync,
        "state": one.state,
        "last_success_at": one.last_success_at,
        "age": one.age,
        "next_run_at": schedule.following(SYNCS[one.sync], now),
        "next_allowed_at": one.next_allowed_at,
        "failing_since": since,
        "run": None if run is None else {
            "status": run.status,
            "started_at": run.started_at,
            "finished_at": run.finished_at,
            "counts": run.counts,
            "expected": run.expected,
        },
    }  # fmt: skip


def _details(one: SyncStatus) -> dict[str, object]:
    since = one.last_success_at.isoformat(timespec="seconds") if one.last_success_at else "never"
    hint = advice(one, since=since)
    return {
        "advice": words.sentence(hint) if hint is not None else None,
        "error": one.error,
        "approve": one.approve,
    }


def _errors(session: Session, every: Iterable[SyncStatus]) -> list[dict[str, object]]:
    names = [SALES, *(one.sync for one in every if one.open_rejects)]
    lines = [
        each.dump()
        for name in names
        for each in rejects.recent(session, sync=name, limit=MOST_ERRORS)
    ]
    return [{name: line[name] for name in answers.WrongRecord.model_fields} for line in lines]
