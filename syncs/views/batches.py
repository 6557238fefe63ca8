"""Batches of sales as operators see them: a line in a list, or all of one."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Literal

from pydantic import Field
from sqlalchemy.orm import Session

from core.document import Json
from core.errors import NotFoundError
from db.models import SalesBatch
from db.tills import batches
from syncs.views.shapes import Attempts, Count, Id, Shape, Text

BatchStatus = Literal["due", "running", "done", "failed"]


class BatchLine(Shape):
    """A batch in a list; ``accepted`` and ``refused`` once it is worked off."""

    id: Id
    uuid: str = Field(description="The `batch_id` that its till was told.")
    shop_id: Id
    terminal: str
    status: BatchStatus
    count: Count = Field(description="Sales in it.")
    accepted: Count | None
    refused: Count | None
    received_at: datetime
    done_at: datetime | None
    failures: Count = Field(description="Tries in a row that did not end.")
    error: Text


class Batch(BatchLine):
    """All of a batch but what was sent."""

    terminal_id: Id
    keyed: bool = Field(description="Whether it came with an `Idempotency-Key`.")
    task_id: Text
    correlation_id: Text
    not_before: datetime | None
    attempts: Attempts
    result: Json | None = Field(
        default=None, description="What its till is answered; operators see it."
    )


def recent(
    session: Session, *, shop_id: int | None = None, status: str | None = None,
    before: int | None = None, limit: int = 50,
) -> list[BatchLine]:  # fmt: skip
    """Batches, newest first; ``before`` is the id the last page ended with."""
    rows = batches.recent(session, shop_id=shop_id, status=status, before=before, limit=limit)
    names = batches.senders(session, rows)
    return [BatchLine(**_line(batch, names[batch.terminal_id])) for batch in rows]


def find(session: Session, which: str, *, opened: bool) -> Batch:
    """The batch of this number, or of the id its till was answered, with what its till is answered
    only when it is ``opened``; ``NotFoundError`` when there is none.
    """
    batch = batches.find_any(session, which)
    if batch is None:
        raise NotFoundError("batch", which)
    values = _whole(session, batch)
    if opened:
        values["result"] = json.loads(batch.result) if batch.result is not None else None
    return Batch(**values)


def _whole(session: Session, batch: SalesBatch) -> Json:
    return {
        **_line(batch, batches.senders(session, [batch])[batch.terminal_id]),
        "terminal_id": batch.terminal_id,
        "keyed": batch.idempotency_key is not None,
        "task_id": batch.task_id,
        "correlation_id": batch.correlation_id,
        "not_before": batch.not_before,
        "attempts": batch.errors,
    }


def _line(batch: SalesBatch, terminal: str) -> Json:
    broken = batch.errors and batch.status != "done"
    return {
        "id": batch.id,
        "uuid": batch.uuid,
        "shop_id": batch.shop_id,
        "terminal": terminal,
        "status": batch.status,
        "count": batch.count,
        "accepted": batch.accepted,
        "refused": batch.refused,
        "received_at": batch.received_at,
        "done_at": batch.done_at,
        "failures": batch.failures,
        "error": batch.errors[-1]["message"] if broken else None,
    }
