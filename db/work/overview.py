"""Counts for the overview: what waits for a person, and how much there is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import (
    Category,
    ExternalCategory,
    ExternalProduct,
    FailedTask,
    Product,
    Reject,
    SalesBatch,
    SyncRun,
    Terminal,
)
from db.models.work import UNENDED

CHANGES = ("created", "updated", "deleted")
"""What a run counts that changes the store."""
LOOKED_AT = 200
"""Runs, a day's of two syncs."""


@dataclass(frozen=True, kw_only=True)
class Totals:
    """``products_without_shop`` are on sale in no shop; of ``products_below_zero`` more was sold
    than there was; ``tombstones`` left their source.
    """

    products: int
    products_without_shop: int
    products_below_zero: int
    categories: int
    tombstones: int


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Batches of sales that no worker has finished, and when the first of them came."""

    batches: int
    since: datetime | None


def totals(session: Session) -> Totals:
    """How much the catalogue holds."""
    products, homeless, below = session.execute(
        select(
            func.count(),
            func.count().filter(Product.shop_id.is_(None), Product.active),
            func.count().filter(Product.stock < 0),
        ).select_from(Product)
    ).one()
    tombstones = sum(
        session.scalar(select(func.count(link.gone_at))) or 0
        for link in (ExternalProduct, ExternalCategory)
    )
    return Totals(
        products=products,
        products_without_shop=homeless,
        products_below_zero=below,
        categories=session.scalar(select(func.count()).select_from(Category)) or 0,
        tombstones=tombstones,
    )


def waiting(session: Session) -> Waiting:
    """What the tills sent and wait for. It reads an index of just these, however many are done."""
    count, since = session.execute(
        select(func.count(), func.min(SalesBatch.received_at)).where(UNENDED)
    ).one()
    return Waiting(batches=count, since=since)


def terminals(session: Session) -> dict[int, int]:
    """How many active terminals there are of each level; a level without any is missing."""
    rows = session.execute(
        select(Terminal.level, func.count()).where(Terminal.active).group_by(Terminal.level)
    )
    return {row[0]: row[1] for row in rows}


def open_rejects(session: Session) -> dict[str, int]:
    """Rejects that wait for a person, by sync; a sync without any is missing."""
    rows = session.execute(
        select(Reject.sync, func.count()).where(Reject.state == "open").group_by(Reject.sync)
    )
    return {row[0]: row[1] for row in rows}


def open_failures(session: Session) -> dict[str, int]:
    """Failed tasks that wait for a person, by task; a task without any is missing."""
    rows = session.execute(
        select(FailedTask.task, func.count())
        .where(FailedTask.state == "open")
        .group_by(FailedTask.task)
    )
    return {row[0]: row[1] for row in rows}


def began_at(session: Session, sync: str, moment: datetime) -> SyncRun | None:
    """The run of ``sync`` that began at this moment: the last complete one, by its state."""
    return session.scalars(
        select(SyncRun)
        .where(SyncRun.sync == sync, SyncRun.started_at == moment)
        .order_by(SyncRun.id.desc())
        .limit(1)
    ).one_or_none()


def waits_for_approval(session: Session, sync: str) -> int | None:
    """The newest run of ``sync`` whose deletions a person must approve."""
    return session.scalar(
        select(func.max(SyncRun.id)).where(SyncRun.sync == sync, SyncRun.status == "needs_approval")
    )


def failed_after(session: Session, sync: str, moment: datetime | None) -> datetime | None:
    """When the first run of ``sync`` failed that began after this moment, or ever."""
    query = select(func.min(SyncRun.finished_at)).where(
        SyncRun.sync == sync, SyncRun.status == "failed"
    )
    if moment is not None:
        query = query.where(SyncRun.started_at > moment)
    return session.scalar(query)


def latest_error(session: Session, sync: str) -> str | None:
    """Why the newest run of ``sync`` that failed did so."""
    return session.scalar(
        select(SyncRun.error)
        .where(SyncRun.sync == sync, SyncRun.status == "failed")
        .order_by(SyncRun.id.desc())
        .limit(1)
    )


def runs_since(session: Session, sync: str, moment: datetime) -> list[tuple[datetime, str]]:
    """When the runs of ``sync`` began that began after ``moment``, and how they ended."""
    rows = session.execute(
        select(SyncRun.started_at, SyncRun.status).where(
            SyncRun.sync == sync, SyncRun.started_at >= moment
        )
    )
    return [(began, status) for began, status in rows if began is not None]


def first_begun_at(session: Session, syncs: Collection[str]) -> datetime | None:
    """When the first run of any of these syncs began; None: none ever did."""
    return session.scalar(select(func.min(SyncRun.started_at)).where(SyncRun.sync.in_(syncs)))


def changed_after(session: Session, syncs: Collection[str], moment: datetime) -> bool:
    """Whether one of the newest runs of these syncs ended after ``moment`` and changed anything."""
    newest = (
        select(SyncRun.counts)
        .where(SyncRun.sync.in_(syncs), SyncRun.finished_at > moment)
        .order_by(SyncRun.id.desc())
        .limit(LOOKED_AT)
    )
    return any(counts.get(did) for counts in session.scalars(newest) for did in CHANGES)
