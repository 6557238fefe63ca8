"""One page: each payload is parsed alone, then all are written in one transaction.

If the database refuses the page, it is written again record by record under savepoints, so that
a record that is refused refuses no other, at bulk speed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy.exc import OperationalError, StatementError
from sqlalchemy.orm import Session

from connectors.page import Page
from core.logs import get_logger
from db import bulk
from db.records import links
from db.records.plan import OUTSIDE, Context, Known, Plan
from db.records.stored import compare
from db.records.write import apply
from db.session import writing
from db.work import claims, leases, rejects, runs, states
from db.work.rejects import Refusal
from syncs.declaration import AnySync
from syncs.options import Options
from syncs.running.progress import Progress
from syncs.running.received import Received, Sorted, receive, sort
from syncs.running.walk import Walk
from syncs.trying import REFUSED

log = get_logger(__name__)

T = TypeVar("T")


@dataclass(frozen=True)
class Written:
    """A page is in the store: the counts after it, and whether a cancel was asked for."""

    progress: Progress
    cancel: bool


@dataclass(frozen=True, kw_only=True)
class PageWork:
    """A page in its transaction: its context, its known records, its payloads sorted."""

    session: Session
    sync: AnySync
    context: Context
    known: Mapping[str, Known]
    found: Sorted

    @property
    def run_id(self) -> int:
        """The run that writes the page."""
        return self.context.run_id


def look(
    session: Session, sync: AnySync, run_id: int, options: Options, now: datetime | None = None
) -> Context:
    """The context in which a run looks at its source, as the sync's kind completes it."""
    context = Context(
        source=sync.source.name,
        run_id=run_id,
        now=now if now is not None else bulk.now(session),
        options=options,
    )
    completed: Context = sync.kind.context(session, context)
    return completed


def open_page(
    session: Session, sync: AnySync, received: Sequence[Received], context: Context
) -> PageWork:
    """A page's payloads, sorted by what the store knows of them."""
    keys = {item.key for item in received if item.key is not None}
    known = links.known(session, sync.kind, context.source, keys)
    records = sort(sync, received, known, context)
    return PageWork(session=session, sync=sync, context=context, known=known, found=records)


def write_page(walk: Walk, page: Page) -> Written:
    """Write one page with its counts, rejects, checkpoint and bookmark in one transaction.

    Raises ``LeaseLost`` (nothing is written) when another worker has the sync.
    """

    def begin(session: Session) -> Context:
        now = claims.renew(session, walk.lease)
        return look(session, walk.sync, walk.lease.run_id, walk.options, now)

    return _write(walk.sync, page.payloads, begin, lambda work, plan: _keep(walk, page, work, plan))


def keep(sync: AnySync, payloads: Sequence[object]) -> dict[str, int]:
    """Write payloads that came outside of any run, in one transaction, whoever runs the sync
    meanwhile: how many were created, updated, unchanged, deleted, rejected and duplicate.

    What runs have seen, and their bookmark, stays.
    """

    def begin(session: Session) -> Context:
        # As a page has it by its lease: who writes records of a sync does so in turn.
        states.locked(session, sync.name)
        return look(session, sync, OUTSIDE, {})

    def end(work: PageWork, plan: Plan) -> dict[str, int]:
        again = _settle_rejects(work, plan)
        rejected = len(work.found.refusals) - again
        return {**plan.counts(), "rejected": rejected, "duplicate": plan.duplicates + again}

    return _write(sync, payloads, begin, end)


def _write(
    sync: AnySync,
    payloads: Sequence[object],
    begin: Callable[[Session], Context],
    end: Callable[[PageWork, Plan], T],
) -> T:
    """Write payloads between ``begin`` and ``end``, in their transaction: what ``end`` returns."""
    received = receive(sync, payloads)
    for write in (whole, one_by_one):
        try:
            with writing() as session:
                work = open_page(session, sync, received, begin(session))
                return end(work, write(work))
        except REFUSED as error:
            if isinstance(error, OperationalError) or write is one_by_one:
                raise
            log.warning("page.refused", sync=sync.name, error=type(error).__name__)
    raise AssertionError("the second way returns or raises")


def whole(work: PageWork) -> Plan:
    """Write a page by whole tables; any value the database refuses refuses them all."""
    kind, records = work.sync.kind, work.found
    plan = compare(work.session, kind, records.rows, work.known, work.context)
    plan.unchanged += records.same
    plan.warnings += records.warnings
    apply(work.session, kind, plan, work.context)
    return plan


def one_by_one(work: PageWork) -> Plan:
    """Write every row under its own savepoint; those that fail become refusals."""
    session, kind, records = work.session, work.sync.kind, work.found
    rows, records.rows = records.rows, []
    total = whole(work)
    for row in rows:
        try:
            with session.begin_nested():
                key = {row.external_id}
                known = links.known(session, kind, work.context.source, key)
                plan = whole(replace(work, known=known, found=Sorted(rows=[row])))
        except REFUSED as error:
            if isinstance(error, OperationalError):
                raise
            records.refusals.append(_refusal(records, row.external_id, error))
        else:
            records.rows.append(row)
            total.add(plan)
    return total


def reason(error: Exception) -> str:
    """The driver's sentence, without the statement and the values SQLAlchemy puts around it."""
    cause = error.orig if isinstance(error, StatementError) else error
    return str(cause).splitlines()[0][:200] if str(cause) else type(cause).__name__


def _refusal(records: Sorted, key: str, error: Exception) -> Refusal:
    return Refusal(
        external_id=key,
        code="REFUSED_BY_DATABASE",
        field="",
        message=f"The database refuses this record ({reason(error)}).",
        payload=records.payload(key),
    )


def _keep(walk: Walk, page: Page, work: PageWork, plan: Plan) -> Written:
    """The page's bookkeeping, in the page's own transaction."""
    session, sync, again = work.session, work.sync, _settle_rejects(work, plan)
    after = walk.progress.after(sync, page, plan, work.found.refusals, again=again)
    checkpoint = walk.checkpoint_after(page.next_query, after)
    columns = {"checkpoint": checkpoint, **after.columns(walk.progress)}
    if after.bookmark is not None and walk.moves_bookmark(page, after):
        kept = sync.to_keep(after.bookmark, took=_took(walk, work, after))
        states.move_bookmark(session, sync.name, kept)
    cancel = leases.advance(session, walk.lease, columns)
    return Written(after, cancel)


def _took(walk: Walk, work: PageWork, after: Progress) -> int:
    """Seconds that the bookmark is ahead of what the walk has surely met: what changed behind its
    cursor while it lasted, unless the source's clock bounds the bookmark.
    """
    if walk.sync.sorted or after.now is not None:
        return 0
    began = runs.find(work.session, work.run_id).started_at
    return 0 if began is None else int((work.context.now - began).total_seconds())


def _settle_rejects(work: PageWork, plan: Plan) -> int:
    """Close the rejects of records that are written now, and keep what was refused; how many of
    these this run has refused before.
    """
    session, sync, records = work.session, work.sync, work.found
    run_id = work.run_id if work.context.in_run else None
    if rejects.any_open(session, sync.name):
        # An older version says nothing of one that was refused.
        written = {row.external_id for row in records.rows} - set(plan.older)
        written.update(link.external_id for link in records.same)
        by = f"written by run {run_id}" if run_id else "written when its source sent it again"
        rejects.close(session, sync.name, written, by)
    if not records.refusals:
        return 0
    plan.duplicates += records.drop_refusals(_met_well(work))
    again = rejects.keep(session, sync.name, run_id, records.refusals)
    messages = {link.id: refusal.message for link, refusal in records.refused_links()}
    # A record that is there but unreadable has not vanished.
    links.refuse(session, sync.kind.link, messages, work.context)
    return again


def _met_well(work: PageWork) -> set[str]:
    """Which refused records came well too: on this page, or on an earlier one of this run."""
    earlier = {
        link.external_id
        for link, _ in work.found.refused_links()
        if work.context.in_run and link.seen_run == work.run_id
    }
    refused = rejects.refused_by(work.session, work.sync.name, work.run_id, earlier)
    return {row.external_id for row in work.found.rows} | (earlier - refused)
