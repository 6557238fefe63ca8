"""Canaries: a few failures of each cause are retried first, and their fate decides for the others
of that cause, whatever filter asks for them.

A canary is an act that chose its failures; what it made due is in its row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.document import Json
from core.errors import RefusedError
from db.models import BulkAct, FailedTask, SalesBatch, SyncRun
from db.models.work import ACTIVE
from db.types import db_now
from db.work import acts, failures

MOST = 100
"""Failures of one canary, over all causes."""
BELIEVED = timedelta(hours=24)
"""An older canary is ignored."""


class CanaryRunning(RefusedError):  # noqa: N818, named for what happened
    """The canary has not ended yet; worth asking again in ``retry_after`` seconds."""

    code = "CANARY_RUNNING"
    retry_after = 10


def choose(session: Session, which: Mapping[str, object], each: int) -> list[int]:
    """The ids of the newest failures that match, ``each`` of every cause: at most 100 in all."""
    rank = (
        func.row_number()
        .over(partition_by=FailedTask.fingerprint, order_by=FailedTask.id.desc())
        .label("rank")
    )
    ranked = acts.matching("failure.retry", which).add_columns(rank).subquery()
    return list(
        session.scalars(
            select(ranked.c.id)
            .where(ranked.c.rank <= each)
            .order_by(ranked.c.rank, ranked.c.id.desc())
            .limit(MOST)
        )
    )


def require_good(session: Session, which: Mapping[str, object]) -> None:
    """``CanaryRunning`` while the last canary of a cause that matches runs, ``RefusedError`` when
    it failed.

    Without a canary nothing is in the way: nobody asked for that caution.
    """
    newest = _newest(session)
    if not newest:
        return
    matching = acts.matching("failure.retry", which).where(FailedTask.fingerprint.in_(newest))
    causes = session.scalars(matching.with_only_columns(FailedTask.fingerprint).distinct())
    for cause in sorted(causes):
        act = newest[cause]
        _judge(cause, act, _fates(session, act, cause), again=_again(session, act, cause))


def _newest(session: Session) -> dict[str, BulkAct]:
    """The last canary of each cause that had one and is believed."""
    canaries = session.scalars(
        select(BulkAct)
        .where(BulkAct.canary.is_not(None), BulkAct.asked_at > db_now(-BELIEVED.total_seconds()))
        .order_by(BulkAct.id)
    ).all()
    return {cause: act for act in canaries for cause in _causes(session, act)}


def _causes(session: Session, act: BulkAct) -> set[str]:
    """The causes of the failures that a canary chose."""
    query = select(FailedTask.fingerprint).where(FailedTask.id.in_(act.ids or ()))
    return set(session.scalars(query.distinct()))


def _again(session: Session, act: BulkAct, cause: str) -> bool:
    """Whether something failed for this cause after the canary was asked for."""
    newest = failures.recent(session, fingerprint=cause, limit=1)
    return bool(newest) and newest[0].failed_at > act.asked_at


def _judge(cause: str, act: BulkAct, fates: Mapping[str, str], *, again: bool) -> None:
    bad = [name for name, status in fates.items() if status in ("failed", "cancelled")]
    if bad or again or act.status == "failed":
        raise RefusedError(
            f"The canary of the cause {cause} failed, so the others were left alone. Look at the "
            "newest failure, cure its cause, then send a new canary.",
            code="CANARY_FAILED",
        )
    running = [name for name, status in fates.items() if status in ACTIVE]
    if act.status in ACTIVE or running:
        names = ", ".join(running or [f"act {act.id}"])
        raise CanaryRunning(
            f"The canary of the cause {cause} has not ended yet ({names}); ask again later."
        )


def _fates(session: Session, act: BulkAct, cause: str) -> dict[str, str]:
    """The status of each run and batch that the canary made due for this cause."""
    made: Iterable[Json] = [entry for entry in act.reopened if cause in entry["causes"]]
    fates: dict[str, str] = {}
    for noun, table in (("run", SyncRun), ("batch", SalesBatch), ("act", BulkAct)):
        ids = [entry["ident"] for entry in made if entry["as"].startswith(f"{noun} ")]
        for ident, status in session.execute(
            select(table.id, table.status).where(table.id.in_(ids))
        ):
            fates[f"{noun} {ident}"] = status
    return fates
