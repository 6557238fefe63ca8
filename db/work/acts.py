"""Acts on many rows: what was asked for, who carries it out, and how far that has come."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.errors import NotFoundError, RefusedError
from core.logs import correlation_id
from db.models import BulkAct, FailedTask, Reject
from db.models.work import ACTIVE, UNENDED
from db.session import NO_SYNC
from db.types import db_now
from db.work import claims, failures

Rows = type[FailedTask] | type[Reject]
TABLES: Mapping[str, Rows] = {"failure": FailedTask, "reject": Reject}
"""By the first word of an act's kind."""
FIELDS: Mapping[Rows, Mapping[str, InstrumentedAttribute[str]]] = {
    FailedTask: {"task": FailedTask.task, "fingerprint": FailedTask.fingerprint},
    Reject: {"sync": Reject.sync, "code": Reject.code},
}
"""What a filter may name."""


@dataclass(frozen=True, kw_only=True)
class Claim(claims.Claim):
    """The right to carry out one act, until the lease ends or ``token`` has grown."""

    table = BulkAct


def rows_of(kind: str) -> Rows:
    """The table whose rows an act of this kind changes."""
    return TABLES[kind.partition(".")[0]]


def matching(kind: str, which: Mapping[str, object]) -> Select[int]:
    """The ids of the open rows that such an act can be about, and whose fields are as ``which``
    says; without any, of all open ones.
    """
    rows = rows_of(kind)
    fields = FIELDS[rows]
    query = select(rows.id).where(
        rows.state == "open", *(fields[name] == value for name, value in which.items())
    )
    # What could not be read cannot be sent again.
    return query.where(FailedTask.task != failures.UNREAD) if kind == "failure.retry" else query


def count(session: Session, kind: str, which: Mapping[str, object]) -> int:
    """How many open rows match."""
    return _count(session, matching(kind, which))


def ask(
    session: Session, *, kind: str, which: Mapping[str, object], who: str, why: str | None,
    canary: int | None = None, ids: Sequence[int] | None = None,
) -> BulkAct:  # fmt: skip
    """A due act on the rows that match now, or on those of them that a canary chose by ``ids``."""
    rows = rows_of(kind)
    up_to = session.scalar(select(func.max(rows.id))) or 0
    query = matching(kind, which).where(rows.id <= up_to)
    total = len(ids) if ids is not None else _count(session, query)
    act = BulkAct(
        kind=kind, filter=dict(which), who=who, why=why, canary=canary,
        ids=sorted(ids) if ids is not None else None, up_to=up_to, matching=total, left=total,
        correlation_id=correlation_id(),
        # The task is enqueued now; a sweeper enqueues again what no worker takes.
        rung_at=db_now(),
    )  # fmt: skip
    session.add(act)
    session.flush()
    return act


def find(session: Session, act_id: int) -> BulkAct:
    """The act, read afresh; ``NotFoundError`` when there is none."""
    act = session.get(BulkAct, act_id, populate_existing=True)
    if act is None:
        raise NotFoundError("act", act_id)
    return act


def recent(
    session: Session, *, status: str | None = None, before: int | None = None, limit: int = 50
) -> list[BulkAct]:
    """Acts, newest first; ``before`` is the id the last page ended with."""
    query = select(BulkAct).order_by(BulkAct.id.desc()).limit(limit)
    if status is not None:
        query = query.where(BulkAct.status == status)
    if before is not None:
        query = query.where(BulkAct.id < before)
    return list(session.scalars(query))


def unended(session: Session) -> list[BulkAct]:
    """Acts that are due or at work, oldest first."""
    return list(session.scalars(select(BulkAct).where(UNENDED).order_by(BulkAct.id)))


def next_ids(session: Session, act: BulkAct, *, limit: int) -> list[int]:
    """The first rows that the act has not looked at and that are still open, in their order."""
    rows = rows_of(act.kind)
    return list(session.scalars(_unseen(act).order_by(rows.id).limit(limit)))


def still_open(session: Session, kind: str, ids: Collection[int]) -> list[int]:
    """Those of these rows that are open."""
    rows = rows_of(kind)
    return list(session.scalars(matching(kind, {}).where(rows.id.in_(ids)).order_by(rows.id)))


def advance(
    act: BulkAct, *, after: int, looked_at: int, done: int,
    refusals: Sequence[Mapping[str, object]], kept: int,
) -> None:  # fmt: skip
    """A slice is over: rows up to the id ``after`` are dealt with. The caller holds the lease.

    Of the refusals the first ``kept`` are kept, all are counted.
    """
    act.after = after
    act.done += done
    act.refused += len(refusals)
    act.skipped += looked_at - done - len(refusals)
    act.left = max(act.left - looked_at, 0)
    act.refusals = [*act.refusals, *refusals][:kept]
    # Whoever dies after this has come further: no row kills workers for ever, and none is blamed.
    act.failures = 0


def finish(session: Session, held: Claim, act: BulkAct, *, status: str) -> None:
    """The act is ``done`` or ``stopped``; what others have closed meanwhile is counted now."""
    left = _count(session, _unseen(act)) if status == "stopped" else 0
    skipped = act.skipped + max(act.left - left, 0)
    session.flush()
    claims.finish(
        session, held, status=status, ended_at=db_now(), left=left, skipped=skipped,
        matching=act.done + act.refused + skipped + left,
    )  # fmt: skip


def request_stop(session: Session, act_id: int) -> BulkAct:
    """Request that the act stops before its next slice; at once when nobody is at it.

    ``RefusedError`` when it is over, ``NotFoundError`` when there is none.
    """
    asked = session.scalar(
        update(BulkAct)
        .where(BulkAct.id == act_id, BulkAct.status.in_(ACTIVE))
        .values(stop_requested=True)
        .returning(BulkAct.id),
        execution_options=NO_SYNC,
    )
    act = find(session, act_id)
    if asked is None:
        raise RefusedError(f"Act {act_id} is {act.status} already.")
    _stop_unless_at_work(session, act)
    return find(session, act_id)


def _stop_unless_at_work(session: Session, act: BulkAct) -> None:
    left = _count(session, _unseen(act))
    session.execute(
        update(BulkAct)
        .where(
            BulkAct.id == act.id,
            or_(BulkAct.lease_until.is_(None), BulkAct.lease_until < db_now()),
        )
        .values(
            # The token too: whoever was frozen in it writes nothing when he thaws.
            status="stopped", lease_until=None, lease_token=BulkAct.lease_token + 1,
            ended_at=db_now(), left=left, skipped=act.skipped + max(act.left - left, 0),
        ),
        execution_options=NO_SYNC,
    )  # fmt: skip


def _unseen(act: BulkAct) -> Select[int]:
    rows = rows_of(act.kind)
    query = matching(act.kind, act.filter).where(rows.id > act.after, rows.id <= act.up_to)
    return query.where(rows.id.in_(act.ids)) if act.ids is not None else query


def _count(session: Session, query: Select[int]) -> int:
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0
