"""Links: which records of a source we know, which were seen, which have vanished.

One set of statements for the links of every kind. Those that run once a page are built once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import cast

from sqlalchemy import (
    ColumnElement,
    Table,
    and_,
    bindparam,
    case,
    false,
    func,
    select,
    true,
    update,
)  # fmt: skip
from sqlalchemy.orm import Session

from db import bulk
from db.models.link import Link
from db.models.runs import SyncRun
from db.records.kind import AnyKind
from db.records.plan import Change, Context, Known
from db.session import NO_SYNC

LONGEST_ERROR = 200


def known(session: Session, kind: AnyKind, source: str, keys: Collection[str]) -> dict[str, Known]:
    """The links of ``source`` whose external id is among ``keys``, by that id."""
    rows = bulk.select_among(session, _known(kind.link, kind.key), (source,), keys)
    return {row[0]: Known._make(row) for row in rows}


def touch(session: Session, link: type[Link], ids: Sequence[int], context: Context) -> None:
    """Note that these links were seen unchanged: one statement a page."""
    now = bulk.Codec(session).moment(context.now)
    seen, values = ("seen_run = ?, ", (context.run_id, now)) if context.in_run else ("", (now,))
    text = (
        f"UPDATE {link.__tablename__} SET {seen}last_synced_at = ?, "  # noqa: S608, the name is ours
        "sync_status = 'synced', error = NULL WHERE id IN ?*"
    )
    bulk.update_among(session, text, values, ids)


def note_hashes(session: Session, link: type[Link], changes: Sequence[Change]) -> None:
    """Store the new hashes of records whose values are the same.

    A hash that was cleared since they were compared stays cleared: the next run must write.
    """
    values = [{"ident": change.link.id, "hash": change.row.hash} for change in changes]
    if values:
        table = cast("Table", link.__table__)
        session.connection().execute(
            update(table)
            .where(table.c.id == bindparam("ident"), table.c.payload_hash.is_not(None))
            # It may have been refused earlier in this run.
            .values(payload_hash=bindparam("hash"), sync_status="synced", error=None),
            values,
        )


def refuse(
    session: Session, link: type[Link], messages: Mapping[int, str], context: Context
) -> None:
    """Note that the source still has these links' records (by id), and why they were refused.

    Placeholders and tombstones stay what they are until their record is written.
    """
    if not messages:
        return
    table = cast("Table", link.__table__)
    seen, status = table.c.seen_run, table.c.sync_status
    session.connection().execute(
        update(table)
        .where(table.c.id == bindparam("ident"))
        .values(
            seen_run=case((seen < context.run_id, context.run_id), else_=seen),
            sync_status=case((status == "synced", "error"), else_=status),
            error=bindparam("message"),
            last_synced_at=context.now,
        ),
        [
            {"ident": ident, "message": message[:LONGEST_ERROR]}
            for ident, message in messages.items()
        ],
    )


def see(session: Session, link: type[Link], keys: Collection[str], context: Context) -> None:
    """Note that the source still has these records, whatever became of them."""
    for part in bulk.parts(keys):
        session.execute(
            update(link)
            .where(
                link.source == context.source, link.external_id.in_(part), _unseen(link, context)
            )
            .values(seen_run=context.run_id),
            execution_options=NO_SYNC,
        )


def unseen_among(
    session: Session, link: type[Link], keys: Collection[str], context: Context
) -> list[str]:
    """Which of ``keys`` this run has not seen yet; a read only, so that few pages need to write."""
    mine = select(link.external_id).where(link.source == context.source, _unseen(link, context))
    return [
        key
        for part in bulk.parts(keys)
        for key in session.scalars(mine.where(link.external_id.in_(part)))
    ]


def count_unseen(session: Session, link: type[Link], context: Context) -> tuple[int, int]:
    """How many living links the run has not seen, and how many there are in all."""
    row = session.execute(
        select(
            func.count().filter(_unseen(link, context)),
            func.count(),
        ).where(_living(link, context.source))
    ).one()
    return row[0], row[1]


def tombstone(
    session: Session, link: type[Link], which: ColumnElement[bool], context: Context
) -> int:
    """Tombstone the links of which the condition holds; values are kept. How many there were."""
    result = session.execute(
        update(link).where(which).values(gone_at=context.now, sync_status="gone"),
        execution_options=NO_SYNC,
    )
    return int(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result is a CursorResult


def unseen(link: type[Link], context: Context) -> ColumnElement[bool]:
    """The condition "alive, and not seen by this run" for statements of other modules."""
    return and_(_living(link, context.source), _unseen(link, context))


def _living(link: type[Link], source: str) -> ColumnElement[bool]:
    # A placeholder was never sent by its source, so the source cannot have taken it away.
    return and_(link.source == source, link.gone_at.is_(None), link.sync_status != "placeholder")


def _unseen(link: type[Link], context: Context) -> ColumnElement[bool]:
    # "<", not "!=": a newer run may have seen it while an older one waited for approval.
    seen_before = func.coalesce(link.seen_run < context.run_id, false())
    began = select(SyncRun.started_at).where(SyncRun.id == context.run_id).scalar_subquery()
    # What came outside of a run, since this one began, is there as well.
    return and_(seen_before, func.coalesce(link.last_synced_at <= began, true()))


@cache
def _known(link: type[Link], key: str) -> str:
    """Columns in the order of ``Known``."""
    return (
        f"SELECT external_id, id, {key}, payload_hash, seen_run, gone_at IS NOT NULL "  # noqa: S608, our own names
        f"FROM {link.__tablename__} WHERE source = ? AND external_id IN ?*"
    )
