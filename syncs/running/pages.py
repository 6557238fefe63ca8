"""One page: each payload is parsed alone, then all are written in one transaction.

If the database refuses the page, it is written again record by record under savepoints, so that
each record stands or falls alone, at bulk speed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import OperationalError, StatementError
from sqlalchemy.orm import Session

from connectors.page import Page
from core.logs import get_logger
from core.settings import settings
from db import bulk
from db.catalogue.shops import Sites
from db.records import links
from db.records.plan import Known, Plan, Sight
from db.session import writing
from db.work import claims, leases, rejects
from db.work.leases import Lease
from db.work.rejects import Refusal
from syncs.declaration import AnySync, Options
from syncs.running.progress import Progress
from syncs.running.received import Received, Sorted, receive, sort
from syncs.trying import REFUSED

log = get_logger(__name__)

Write = Callable[[Session, AnySync, Sorted, Mapping[str, Known], Sight], Plan[Any]]


@dataclass(frozen=True)
class Written:
    """A page is in the store: the counts after it, and whether a cancel was asked for."""

    progress: Progress
    cancel: bool


def sight(
    session: Session, sync: AnySync, run_id: int, options: Options, now: datetime | None = None
) -> Sight:
    """The run that looks, with the database's clock."""
    site = options.get("site_id")
    return Sight(
        source=sync.source.name,
        run_id=run_id,
        now=now if now is not None else bulk.now(session),
        sites=Sites(session, str(site) if site is not None else None),
        stock_mode=settings().inventory_stock_mode,
    )


def write_page(
    sync: AnySync, lease: Lease, options: Options, page: Page, progress: Progress
) -> Written:
    """Write one page with its counts, rejects and checkpoint in one transaction.

    Raises ``LeaseLost`` (nothing is written) when another worker has the sync.
    """
    received = receive(sync, page.payloads)
    for write in (whole, one_by_one):
        try:
            with writing() as session:
                now = claims.renew(session, lease)
                here = sight(session, sync, lease.run_id, options, now)
                known = look_up(session, sync, received)
                found = sort(sync, received, known, here)
                plan = write(session, sync, found, known, here)
                return _keep(session, sync, lease, page, found, plan, here, progress)
        except REFUSED as error:
            if isinstance(error, OperationalError) or write is one_by_one:
                raise
            log.warning("page.refused", sync=sync.name, error=type(error).__name__)
    raise AssertionError("the second way returns or raises")


def look_up(session: Session, sync: AnySync, received: list[Received]) -> dict[str, Known]:
    """The links of a page's records."""
    keys = {item.key for item in received if item.key is not None}
    return links.known(session, sync.target.link, sync.source.name, keys)


def whole(
    session: Session, sync: AnySync, found: Sorted, known: Mapping[str, Known], here: Sight
) -> Plan[Any]:
    """Write a page by whole tables; any value the database refuses refuses them all."""
    plan: Plan[Any] = sync.target.compare(session, found.rows, known, here)
    plan.unchanged += found.same
    sync.target.apply(session, plan, here)
    return plan


def one_by_one(
    session: Session, sync: AnySync, found: Sorted, known: Mapping[str, Known], here: Sight
) -> Plan[Any]:
    """Write every row under its own savepoint; the guilty ones become refusals."""
    rows, found.rows = found.rows, []
    total = whole(session, sync, found, known, here)
    for row in rows:
        alone = Sorted(rows=[row])
        try:
            with session.begin_nested():
                fresh = links.known(session, sync.target.link, here.source, {row.external_id})
                plan = whole(session, sync, alone, fresh, here)
        except REFUSED as error:
            if isinstance(error, OperationalError):
                raise
            found.refusals.append(
                Refusal(
                    external_id=row.external_id,
                    code="REFUSED_BY_DATABASE",
                    field="",
                    message=f"The database refuses this record ({reason(error)}).",
                    payload=found.payload(row.external_id),
                )
            )
        else:
            found.rows.append(row)
            total.add(plan)
    return total


def reason(error: Exception) -> str:
    """The driver's sentence, without the statement and the values SQLAlchemy puts around it."""
    cause = error.orig if isinstance(error, StatementError) else error
    return str(cause).splitlines()[0][:200] if str(cause) else type(cause).__name__


def _keep(
    session: Session,
    sync: AnySync,
    lease: Lease,
    page: Page,
    found: Sorted,
    plan: Plan[Any],
    here: Sight,
    progress: Progress,
) -> Written:
    """The page's bookkeeping, in the page's own transaction."""
    if rejects.any_open(session, sync.name):
        written = [row.external_id for row in found.rows]
        written += [link.external_id for link in found.same]
        rejects.close(session, sync.name, written, f"written by run {lease.run_id}")
    again = 0
    if found.refusals:
        plan.duplicates += found.drop_refusals(_met_well(session, sync, found, here))
        again = rejects.keep(session, sync.name, lease.run_id, found.refusals)
        messages = {link.id: refusal.message for link, refusal in found.refused_links()}
        # A record that is there but unreadable has not vanished.
        links.refuse(session, sync.target.link, messages, here)
    after = progress.after(page, plan, found.refusals, again=again, item=sync.item)
    query = page.next_query
    checkpoint = {"phase": "walk", "query": query} if query else {"phase": "walked"}
    columns = {"checkpoint": checkpoint, **after.columns(progress)}
    cancel = leases.advance(session, lease, columns)
    return Written(after, cancel)


def _met_well(session: Session, sync: AnySync, found: Sorted, here: Sight) -> set[str]:
    """Which refused records came well too: on this page, or on an earlier one of this run."""
    earlier = {
        link.external_id for link, _ in found.refused_links() if link.seen_run == here.run_id
    }
    refused = rejects.refused_by(session, sync.name, here.run_id, earlier)
    return {row.external_id for row in found.rows} | (earlier - refused)
