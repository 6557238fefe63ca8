"""Links: which records of a source we know, which were seen, which have vanished.

One set of statements for every external_* table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, and_, false, func, select, update
from sqlalchemy.orm import Session

from db.models.catalogue import ExternalCategory, ExternalProduct
from db.page import AnyLink, Known, Sight


def known(
    session: Session, link: type[AnyLink], source: str, keys: Collection[str]
) -> dict[str, Known]:
    """The links of ``source`` whose external id is among ``keys``, by that id."""
    target = link.product_id if link is ExternalProduct else ExternalCategory.category_id
    stock = link.upstream_stock if link is ExternalProduct else link.id
    rows = session.execute(
        select(
            link.external_id,
            link.id,
            target,
            link.payload_hash,
            link.seen_run,
            link.gone_at.is_not(None),
            link.sync_status,
            stock,
        ).where(link.source == source, link.external_id.in_(keys))
    )
    return {row[0]: Known(*row[1:]) for row in rows}


def touch(session: Session, link: type[AnyLink], ids: Iterable[int], sight: Sight) -> None:
    """Note that these links were seen unchanged: one statement a page."""
    session.execute(
        update(link)
        .where(link.id.in_(list(ids)))
        .values(seen_run=sight.run_id, last_synced_at=sight.now),
        execution_options={"synchronize_session": False},
    )


def see(session: Session, link: type[AnyLink], keys: Collection[str], sight: Sight) -> int:
    """Note that the source still has these records, whatever became of them; how many were news."""
    if not keys:
        return 0
    result = session.execute(
        update(link)
        .where(link.source == sight.source, link.external_id.in_(keys), _unseen(link, sight))
        .values(seen_run=sight.run_id),
        execution_options={"synchronize_session": False},
    )
    return int(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result is a CursorResult


def unseen_among(
    session: Session, link: type[AnyLink], keys: Collection[str], sight: Sight
) -> list[str]:
    """Which of ``keys`` this run has not seen yet; a look only, so that few pages need to write."""
    return list(
        session.scalars(
            select(link.external_id).where(
                link.source == sight.source, link.external_id.in_(keys), _unseen(link, sight)
            )
        )
    )


def count_unseen(session: Session, link: type[AnyLink], sight: Sight) -> tuple[int, int]:
    """How many living links the run has not seen, and how many there are in all."""
    row = session.execute(
        select(
            func.count().filter(_unseen(link, sight)),
            func.count(),
        ).where(_living(link, sight.source))
    ).one()
    return row[0], row[1]


def bury(session: Session, link: type[AnyLink], sight: Sight) -> int:
    """Tombstone what the run has not seen; values are kept. How many there were."""
    result = session.execute(
        update(link)
        .where(_living(link, sight.source), _unseen(link, sight))
        .values(gone_at=sight.now, sync_status="gone"),
        execution_options={"synchronize_session": False},
    )
    return int(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result is a CursorResult


def unseen(link: type[AnyLink], sight: Sight) -> ColumnElement[bool]:
    """The condition "alive, and not seen by this run" for statements of other modules."""
    return and_(_living(link, sight.source), _unseen(link, sight))


def _living(link: type[AnyLink], source: str) -> ColumnElement[bool]:
    # A placeholder was never sent by its source, so the source cannot have taken it away.
    return and_(link.source == source, link.gone_at.is_(None), link.sync_status != "placeholder")


def _unseen(link: type[AnyLink], sight: Sight) -> ColumnElement[bool]:
    # "<", not "!=": a newer run may have seen it while an older one waited for approval.
    return func.coalesce(link.seen_run < sight.run_id, false())
