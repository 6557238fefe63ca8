"""Every kind of claimed work: what the sweeper rings for, and a person may have tried again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from db.models import BulkAct, OutboxCommand, SalesBatch, SyncRun, WebhookEvent
from db.models.work import LeasedWork, Work
from db.work import claims, outbox_claims, runs, webhooks
from syncs.outbox import send
from syncs.registry import SYNCS
from syncs.sales import process as sales
from syncs.webhooks.receive import TASK as WEBHOOKS

Ring = tuple[str, int]
"""A task, and the id of the row that it is to do."""


class Kind(Protocol):
    """Work of which the store is the queue."""

    @property
    def table(self) -> type[Work]:
        """Each of its rows is a piece of work."""

    def to_ring(self, session: Session, *, quiet: float) -> Sequence[Ring]:
        """What is due and nobody does, the oldest first; not again for ``quiet`` seconds."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The rows of a table that holds their leases too; ``task`` does one of them."""

    noun: str
    table: type[LeasedWork]
    task: str

    def to_ring(self, session: Session, *, quiet: float) -> Sequence[Ring]:
        """See ``Kind``."""
        return [(self.task, key) for key in claims.to_ring(session, self.table, quiet=quiet)]


class Runs:
    """The runs of all syncs, whose leases are with their syncs; each sync has its own task."""

    table = SyncRun

    def to_ring(self, session: Session, *, quiet: float) -> Sequence[Ring]:
        """See ``Kind``; runs of a paused sync, or of a source that asked for a pause, wait. So do
        those of a connector that is configured no more: their sync has no task.
        """
        due = runs.to_ring(session, quiet=quiet, syncs=[*SYNCS])
        return [(f"sync.{sync}", key) for key, sync in due]


class Events(Rows):
    """Events of webhooks: of those about one object the oldest stands for all."""

    def to_ring(self, session: Session, *, quiet: float) -> Sequence[Ring]:
        """See ``Kind``."""
        return [(self.task, key) for key in webhooks.to_ring(session, quiet=quiet)]


class Commands:
    """Commands to vendors; one that another has to precede waits."""

    table = OutboxCommand

    def to_ring(self, session: Session, *, quiet: float) -> Sequence[Ring]:
        """See ``Kind``."""
        return [(send.TASK, key) for key in outbox_claims.to_ring(session, quiet=quiet)]


SALES = Rows(noun="batch", table=SalesBatch, task=sales.TASK)
ACTS = Rows(noun="act", table=BulkAct, task="upkeep.act")
EVENTS = Events(noun="webhook", table=WebhookEvent, task=WEBHOOKS)

ROWS = (SALES, EVENTS, ACTS)
KINDS: Sequence[Kind] = (
    # Sales first: a till may be waiting.
    SALES,
    Commands(),
    EVENTS,
    Runs(),
    ACTS,
)


def rows_of(task: str) -> Rows | None:
    """The rows that ``task`` does; None for a task that has none, or whose rows are runs."""
    return next((kind for kind in ROWS if kind.task == task), None)
