"""Who processes a batch: ``db.work.claims`` over the batches of sales, and how a batch ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.access import audit
from db.models import SalesBatch
from db.types import db_now
from db.work import claims


class BatchLost(claims.LeaseLost):
    """Another worker has the batch now; what this one was about to write is rolled back."""

    code = "BATCH_LOST"


@dataclass(frozen=True, kw_only=True)
class Claim(claims.Claim):
    """The right to process one batch, until the lease ends or ``token`` has grown."""

    table = SalesBatch
    lost = BatchLost
    shop_id: int
    terminal_id: int
    body: str
    """Sealed."""
    number_stamp: str | None
    keyed: bool
    """It came with an Idempotency-Key."""
    received_at: datetime
    answered: bool
    """It had a result: what was refused is tried again."""

    @property
    def batch_id(self) -> int:
        """The batch's id."""
        return self.key


_COLUMNS = (
    SalesBatch.shop_id,
    SalesBatch.terminal_id,
    SalesBatch.body,
    SalesBatch.number_stamp,
    # Not IS NOT NULL: in a RETURNING, SQLite 3.40 gives true for every column.
    (func.coalesce(SalesBatch.idempotency_key, "") != "").label("keyed"),
    SalesBatch.received_at,
    (func.coalesce(func.length(SalesBatch.result), 0) > 0).label("answered"),
)


def claim(
    session: Session, batch_id: int, *, seconds: float, task_id: str | None = None
) -> Claim | None:
    """The batch for ``seconds``, or None: it is done, not due yet, or somebody has it."""
    return claims.claim(
        session, Claim, batch_id, seconds=seconds, task_id=task_id, columns=_COLUMNS
    )


def finish(session: Session, held: Claim, *, result: str, accepted: int, refused: int) -> None:
    """The batch is done, in the transaction that did it. ``BatchLost`` undoes all of it."""
    before = _result(session, held) if held.answered else None
    claims.finish(
        session, held, done_at=db_now(), result=result, accepted=accepted, refused=refused
    )
    if before is not None and before != result:
        # What was refused was tried again: the till's earlier answer must stay findable.
        audit.note(
            session, who=f"terminal {held.terminal_id}", what="batch.answered_again",
            subject=f"batch {held.batch_id}", before=before,
        )  # fmt: skip


def _result(session: Session, held: Claim) -> str | None:
    return session.scalar(select(SalesBatch.result).where(SalesBatch.id == held.batch_id))
