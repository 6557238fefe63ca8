"""Counts for a look at the whole: what waits for a person, and how much there is."""

from __future__ import annotations

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
    SyncRun,
)


@dataclass(frozen=True, kw_only=True)
class Totals:
    """``products_without_shop`` are on sale in no shop; ``tombstones`` left their source."""

    products: int
    products_without_shop: int
    categories: int
    tombstones: int


def totals(session: Session) -> Totals:
    """How much the catalogue holds."""
    products, homeless = session.execute(
        select(
            func.count(), func.count().filter(Product.shop_id.is_(None), Product.active)
        ).select_from(Product)
    ).one()
    gone = sum(
        session.scalar(select(func.count(link.gone_at))) or 0
        for link in (ExternalProduct, ExternalCategory)
    )
    return Totals(
        products=products,
        products_without_shop=homeless,
        categories=session.scalar(select(func.count()).select_from(Category)) or 0,
        tombstones=gone,
    )


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
    """The run of ``sync`` that began at this moment: the last complete one, told by its state."""
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
