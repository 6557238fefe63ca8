"""Claimed work: each row is done by one worker at a time, and by another one should that one die.

A claim is a conditional UPDATE on the database's clock. It gives a token that only grows and that
every later write checks: a worker that was frozen past its lease writes nothing when it thaws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, TypeVar

from sqlalchemy import ColumnElement, Select, TextClause, and_, inspect, or_, select, true, update
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.elements import SQLCoreOperations

from core.errors import RetriableError
from db import bulk
from db.models.work import ACTIVE, Active, Leased, LeasedWork, Work, unended
from db.session import NO_SYNC
from db.types import db_now, to_moment

AT_ONCE = 200
"""Rows of one table that one round of a sweeper enqueues, the oldest first."""

Values = dict[str, object]
Errors = Sequence[Mapping[str, object]]
"""Each attempt's error, as ``syncs.trying.attempt`` keeps it."""


class LeaseLost(RetriableError):  # noqa: N818, it names what happened
    """Another worker has the row now; what this one was about to write is rolled back."""

    code = "LEASE_LOST"


@dataclass(frozen=True, kw_only=True)
class Lease:
    """The right to a row of ``table`` for ``seconds`` after each renewal, until its token grows."""

    table: ClassVar[type[Leased]]
    lost: ClassVar[type[LeaseLost]] = LeaseLost
    key: int | str
    token: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Claim(Lease):
    """The right to do the work of one row. A kind of work is a subclass that names its table."""

    table: ClassVar[type[LeasedWork]]
    key: int
    failures: int
    """Consecutive claims that came to nothing, this one included."""
    errors: Errors
    correlation_id: str | None


C = TypeVar("C", bound=Claim)


def claim(
    session: Session, kind: type[C], key: int, *, seconds: float, task_id: str | None = None,
    columns: Sequence[SQLCoreOperations[object]] = (), ready: ColumnElement[bool] | None = None,
) -> C | None:  # fmt: skip
    """The row for ``seconds``, or None: it has ended, is not due yet, or somebody has it.

    ``columns`` are read by the same statement, for what ``kind`` adds to a claim; ``ready`` is
    what must hold besides.
    """
    table, besides = kind.table, true() if ready is None else ready
    row = session.execute(
        update(table)
        .where(table.id == key, is_due(table), is_past(table.lease_until), besides)
        .values(taken(table, seconds) | begun(table, task_id))
        .returning(
            table.lease_token.label("token"), table.failures, table.errors, table.correlation_id,
            *columns,
        ),
        execution_options=NO_SYNC,
    ).one_or_none()  # fmt: skip
    return None if row is None else kind(key=key, seconds=seconds, **row._asdict())


def renew(session: Session, lease: Lease) -> datetime:
    """The database's clock, after checking that the lease is ours and moving its end.

    ``LeaseLost`` when it is not. Until the transaction ends nobody else can take it.
    """
    mapped = inspect(lease.table)
    name, key = lease.table.__tablename__, mapped.primary_key[0].name
    token = mapped.columns.lease_token.name
    # A lease that was given back is lost, though nobody has taken it since.
    text = (
        f"UPDATE {name} SET lease_until = {{later}} WHERE {key} = ? AND {token} = ? "  # noqa: S608, our own names
        "AND lease_until IS NOT NULL RETURNING {now}"
    )
    row = bulk.row(session, text, (lease.seconds, lease.key, lease.token))
    if row is None:
        raise _lost(lease)
    return to_moment(row[0])


def finish(session: Session, held: Claim, *, status: str = "done", **values: object) -> None:
    """Write how the work ended, in the transaction that did it. ``LeaseLost`` undoes all of it."""
    _write(session, held, status=status, failures=0, **values)


def put_back(
    session: Session, held: Claim, *, wait: float, errors: Errors, blameless: bool = False,
    **values: object,
) -> None:  # fmt: skip
    """The work is due again in ``wait`` seconds. ``blameless``: its failures are forgotten."""
    failures = 0 if blameless else held.failures
    _write(
        session, held, errors=errors, failures=failures, **due_in(wait, held.table.active), **values
    )


def give_up(session: Session, held: Claim, *, errors: Errors) -> None:
    """The work failed too often: it waits for a person, and nothing of it is lost."""
    _write(session, held, status="failed", errors=errors)


def reopen(session: Session, table: type[Work], key: int) -> bool:
    """Let failed work be tried again; False when it is not failed."""
    statement = update(table).where(table.id == key, table.status == "failed")
    row = session.execute(
        statement.values(failures=0, **due_in(0, table.active)).returning(table.id),
        execution_options=NO_SYNC,
    )
    return row.scalar_one_or_none() is not None


def to_ring(session: Session, table: type[LeasedWork], *, quiet: float) -> list[int]:
    """The ids of due rows without a worker, marked as ``mark_rung`` does."""
    ids = select(table.id).where(is_unanswered(table, table))
    return mark_rung(session, table, ids, quiet=quiet)


def mark_rung(session: Session, table: type[Work], ids: Select[int], *, quiet: float) -> list[int]:
    """The first of these ids, in their order; none is returned again for ``quiet`` seconds."""
    is_quiet = or_(table.rung_at.is_(None), table.rung_at < db_now(-quiet))
    # In the index's own literals: else SQLite would read every row there ever was, bodies too.
    oldest = ids.where(_unended(table), is_quiet).order_by(table.id).limit(AT_ONCE)
    marked = session.scalars(
        update(table)
        .where(table.id.in_(oldest), is_quiet)
        .values(rung_at=db_now())
        .returning(table.id),
        execution_options=NO_SYNC,
    )
    return sorted(marked)


def is_due(table: type[Work]) -> ColumnElement[bool]:
    """The work has not ended, and need not wait; somebody may be doing it."""
    return and_(table.status.in_(table.active), is_past(table.not_before))


def is_unanswered(table: type[Work], lease: type[Leased]) -> ColumnElement[bool]:
    """The work is due and nobody does it, or the lease of whoever did it has ended."""
    return and_(is_due(table), or_(table.status == table.active.due, lease.lease_until < db_now()))


def is_past(moment: InstrumentedAttribute[datetime | None]) -> ColumnElement[bool]:
    """There is no such moment, or it has come, by the database's clock."""
    return or_(moment.is_(None), moment <= db_now())


def taken(table: type[Leased], seconds: float) -> Values:
    """What a claim writes into the row that holds the lease."""
    return {"lease_token": table.lease_token + 1, "lease_until": db_now(seconds)}


def begun(table: type[Work], task_id: str | None) -> Values:
    """What a claim writes into the work's row."""
    return {
        "status": table.active.running,
        "not_before": None,
        "failures": table.failures + 1,
        "task_id": task_id,
    }


def due_in(wait: float, active: Active = ACTIVE) -> Values:
    """Due in ``wait`` seconds, or at once when there are none."""
    return {"status": active.due, "not_before": db_now(wait) if wait else None, "rung_at": None}


def _unended(table: type[Work]) -> TextClause:
    return unended(inspect(table).columns.status.name, table.active)


def _write(session: Session, held: Claim, **values: object) -> None:
    table = held.table
    written = session.execute(
        update(table)
        .where(
            table.id == held.key,
            table.lease_token == held.token,
            table.lease_until.is_not(None),
        )
        .values(lease_until=None, **values)
        .returning(table.id),
        execution_options=NO_SYNC,
    )
    if written.scalar_one_or_none() is None:
        raise _lost(held)


def _lost(lease: Lease) -> LeaseLost:
    row = f"{lease.table.__tablename__} {lease.key}"
    return lease.lost(f"Another worker has {row} now; this one stops.")
