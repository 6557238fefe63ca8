"""Who works a batch off: a claim by a conditional UPDATE, fenced by a token that only grows.

As ``db.work.leases`` does for syncs: a worker that was frozen past its lease writes nothing when it
thaws, for the transaction that would have done it ends here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from core.errors import RetriableError
from db.access import audit
from db.models import SalesBatch
from db.models.sales import WAITING
from db.session import NO_SYNC
from db.types import db_now


class BatchLost(RetriableError):  # noqa: N818, it says what happened
    """Another worker has the batch now; what this one was about to write is rolled back."""

    code = "BATCH_LOST"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """The right to work one batch off, until the lease ends or ``token`` has grown."""

    batch_id: int
    shop_id: int
    terminal_id: int
    body: str
    """Sealed."""
    number_stamp: str | None
    keyed: bool
    """It came with an Idempotency-Key."""
    received_at: datetime
    correlation_id: str | None
    token: int
    failures: int
    """Claims that did not end, this one included."""
    errors: list[Any]
    answered: bool
    """It had a result: what was refused is tried again."""


def claim(
    session: Session, batch_id: int, *, seconds: float, task_id: str | None = None
) -> Claim | None:
    """The batch for ``seconds``, or None: it is done, not due yet, or somebody has it."""
    row = session.execute(
        update(SalesBatch)
        .where(
            SalesBatch.id == batch_id,
            SalesBatch.status.in_(WAITING),
            or_(SalesBatch.lease_until.is_(None), SalesBatch.lease_until <= db_now()),
            or_(SalesBatch.not_before.is_(None), SalesBatch.not_before <= db_now()),
        )
        .values(
            status="running",
            lease_token=SalesBatch.lease_token + 1,
            lease_until=db_now(seconds),
            failures=SalesBatch.failures + 1,
            task_id=task_id,
        )
        .returning(
            SalesBatch.shop_id,
            SalesBatch.terminal_id,
            SalesBatch.body,
            SalesBatch.number_stamp,
            # Not IS NOT NULL: SQLite 3.40 says it of every column in a RETURNING.
            (func.coalesce(SalesBatch.idempotency_key, "") != "").label("keyed"),
            SalesBatch.received_at,
            SalesBatch.correlation_id,
            SalesBatch.lease_token.label("token"),
            SalesBatch.failures,
            SalesBatch.errors,
            (func.coalesce(func.length(SalesBatch.result), 0) > 0).label("answered"),
        ),
        execution_options=NO_SYNC,
    ).one_or_none()
    return None if row is None else Claim(batch_id=batch_id, **row._asdict())


def finish(session: Session, held: Claim, *, result: str, accepted: int, refused: int) -> None:
    """The batch is worked off, in the transaction that did it. ``BatchLost`` undoes all of it."""
    before = _result(session, held) if held.answered else None
    _write(
        session,
        held,
        status="done",
        done_at=db_now(),
        lease_until=None,
        not_before=None,
        failures=0,
        result=result,
        accepted=accepted,
        refused=refused,
    )
    if before is not None and before != result:
        # What was refused was tried again: the till's earlier answer must stay findable.
        audit.note(
            session, who=f"terminal {held.terminal_id}", what="batch.answered_again",
            subject=f"batch {held.batch_id}", before=before,
        )  # fmt: skip


def put_back(
    session: Session, held: Claim, *, wait: float, errors: Sequence[Mapping[str, Any]],
    blameless: bool,
) -> None:  # fmt: skip
    """It did not work this time: due again in ``wait`` seconds. ``blameless`` is not counted."""
    _write(
        session, held, status="due", lease_until=None, not_before=db_now(wait), rung_at=None,
        errors=list(errors), failures=0 if blameless else held.failures,
    )  # fmt: skip


def give_up(session: Session, held: Claim, *, errors: Sequence[Mapping[str, Any]]) -> None:
    """Too many tries: it waits for a person, and nothing of it is lost."""
    _write(session, held, status="failed", lease_until=None, errors=list(errors))


def _result(session: Session, held: Claim) -> str | None:
    return session.scalar(select(SalesBatch.result).where(SalesBatch.id == held.batch_id))


def _write(session: Session, held: Claim, **values: Any) -> None:
    found = session.execute(
        update(SalesBatch)
        .where(
            SalesBatch.id == held.batch_id,
            SalesBatch.lease_token == held.token,
            SalesBatch.status == "running",
        )
        .values(**values)
        .returning(SalesBatch.id),
        execution_options=NO_SYNC,
    )
    if found.scalar_one_or_none() is None:
        raise BatchLost(f"Another worker has batch {held.batch_id} now; this one stops.")
