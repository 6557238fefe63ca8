"""One page: each payload is parsed alone, then all are written in one transaction.

If the database refuses the page, it is written again record by record under savepoints, so that
a record that is refused refuses no other, at bulk speed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.exc import OperationalError, StatementError
from sqlalchemy.orm import Session

from connectors.page import Page
from core.logs import get_logger
from db import bulk
from db.records import links
from db.records.plan import Context, Known, Plan
from db.records.stored import compare
from db.records.write import apply
from db.session import writing
from db.work import claims, leases, rejects
from db.work.rejects import Refusal
from syncs.declaration import AnySync, Options
from syncs.running.progress import Progress
from syncs.running.received import Received, Sorted, receive, sort
from syncs.running.walk import Walk
from syncs.trying import REFUSED

log = get_logger(__name__)


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
    """Write one page with its counts, rejects and checkpoint in one transaction.

    Raises ``LeaseLost`` (nothing is written) when another worker has the sync.
    """
    received = receive(walk.sync, page.payloads)
    for write in (whole, one_by_one):
        try:
            with writing() as session:
                now = claims.renew(session, walk.lease)
                context = look(session, walk.sync, walk.lease.run_id, walk.options, now)
                work = open_page(session, walk.sync, received, context)
                return _keep(walk, page, work, write(work))
        except REFUSED as error:
            if isinstance(error, OperationalError) or write is one_by_one:
                raise
            log.warning("page.refused", sync=walk.sync.name, error=type(error).__name__)
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
    session, sync, records = work.session, work.sync, work.found
    if rejects.any_open(session, sync.name):
        written = [row.external_id for row in records.rows]
        written += [link.external_id for link in records.same]
        rejects.close(session, sync.name, written, f"written by run {work.run_id}")
    again = 0
    if records.refusals:
        plan.duplicates += records.drop_refusals(_met_well(work))
        again = rejects.keep(session, sync.name, work.run_id, records.refusals)
        messages = {link.id: refusal.message for link, refusal in records.refused_links()}
        # A record that is there but unreadable has not vanished.
        links.refuse(session, sync.kind.link, messages, work.context)
    after = walk.progress.after(sync, page, plan, records.refusals, again=again)
    checkpoint = walk.checkpoint_after(page.next_query, after)
    columns = {"checkpoint": checkpoint, **after.columns(walk.progress)}
    cancel = leases.advance(session, walk.lease, columns)
    return Written(after, cancel)


def _met_well(work: PageWork) -> set[str]:
    """Which refused records came well too: on this page, or on an earlier one of this run."""
    earlier = {
        link.external_id for link, _ in work.found.refused_links() if link.seen_run == work.run_id
    }
    refused = rejects.refused_by(work.session, work.sync.name, work.run_id, earlier)
    return {row.external_id for row in work.found.rows} | (earlier - refused)
