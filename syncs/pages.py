"""One page: each payload is parsed alone, then all are written in one transaction.

If the database refuses the page, it is written again record by record under savepoints, so that
each record stands or falls alone, at bulk speed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from connectors.page import Page
from core.errors import SkippableError
from core.logs import get_logger
from core.payload import parse
from core.settings import settings
from db import bulk, leases, links, rejects
from db.leases import Lease
from db.page import Plan, Sight
from db.rejects import Refusal
from db.session import writing
from syncs.declaration import AnySync, Options
from syncs.progress import Progress

log = get_logger(__name__)

REFUSED = (DBAPIError, UnicodeEncodeError, OverflowError)
"""What a driver raises when a value is beyond what the database takes."""


@dataclass(frozen=True)
class Written:
    """A page is in the store: the counts after it, and whether a cancel was asked for."""

    progress: Progress
    cancel: bool


def parse_page(sync: AnySync, payloads: Sequence[object]) -> tuple[list[Any], list[Refusal]]:
    """Rows, and what was refused; a bad payload never stops the page."""
    rows: list[Any] = []
    refusals: list[Refusal] = []
    for payload in payloads:
        try:
            rows.append(sync.row(parse(sync.record, payload)))
        except SkippableError as error:
            refusals.append(refuse(sync, payload, error))
    return rows, refusals


def refuse(sync: AnySync, payload: object, error: SkippableError) -> Refusal:
    """The reject of a payload that could not be parsed."""
    return Refusal(
        external_id=sync.key_of(payload),
        code=error.code,
        field=error.field,
        message=str(error),
        payload=payload,
    )


def sight(session: Session, sync: AnySync, run_id: int, options: Options) -> Sight:
    """The run that looks, with the database's clock."""
    site = options.get("site_id")
    return Sight(
        source=sync.connector,
        run_id=run_id,
        now=bulk.now(session),
        site_id=str(site) if site is not None else None,
        stock_mode=settings().inventory_stock_mode,
    )


def write_page(
    sync: AnySync,
    lease: Lease,
    options: Options,
    page: Page,
    progress: Progress,
) -> Written:
    """Write one page with its counts, rejects and checkpoint in one transaction.

    Raises ``LeaseLost`` (nothing is written) when another worker has the sync.
    """
    rows, refusals = parse_page(sync, page.payloads)
    try:
        with writing() as session:
            here = sight(session, sync, lease.run_id, options)
            plan = sync.target.compare(session, rows, here)
            sync.target.apply(session, plan, here)
            return _keep(session, sync, lease, page, (plan, rows, refusals, here), progress)
    except REFUSED as error:
        if isinstance(error, OperationalError):
            raise
        log.warning("page.refused", sync=sync.name, error=type(error).__name__)
    with writing() as session:
        here = sight(session, sync, lease.run_id, options)
        plan, good, bad = _one_by_one(session, sync, rows, page.payloads, here)
        return _keep(session, sync, lease, page, (plan, good, refusals + bad, here), progress)


def _keep(
    session: Session,
    sync: AnySync,
    lease: Lease,
    page: Page,
    did: tuple[Plan[Any], Sequence[Any], Sequence[Refusal], Sight],
    progress: Progress,
) -> Written:
    """The page's bookkeeping, in the page's own transaction."""
    plan, rows, refusals, here = did
    if rejects.count_open(session, sync.name):
        written = [row.external_id for row in rows]
        rejects.close(session, sync.name, written, f"written by run {lease.run_id}")
    again = rejects.keep(session, sync.name, lease.run_id, refusals)
    named = [item.external_id for item in refusals if item.external_id is not None]
    # A record that is there but unreadable has not vanished.
    links.see(session, sync.target.link, named, here)
    after = progress.after(page, plan, refusals, again=again, item=sync.item)
    query: Mapping[str, str] | None = page.next_query
    checkpoint = {"phase": "walk", "query": query} if query else {"phase": "walked"}
    cancel = leases.advance(session, lease, checkpoint=checkpoint, **after.columns(progress))
    return Written(after, cancel)


def _one_by_one(
    session: Session, sync: AnySync, rows: Sequence[Any], payloads: Sequence[object],
    here: Sight,
) -> tuple[Plan[Any], list[Any], list[Refusal]]:  # fmt: skip
    """Every row under its own savepoint; the guilty ones become refusals."""
    total: Plan[Any] = Plan()
    good: list[Any] = []
    bad: list[Refusal] = []
    received = {sync.key_of(payload): payload for payload in payloads}
    for row in rows:
        try:
            with session.begin_nested():
                plan = sync.target.compare(session, [row], here)
                sync.target.apply(session, plan, here)
        except REFUSED as error:
            if isinstance(error, OperationalError):
                raise
            bad.append(
                Refusal(
                    external_id=row.external_id,
                    code="REFUSED_BY_DATABASE",
                    field="",
                    message=f"The database refuses this record ({_reason(error)}).",
                    payload=received.get(row.external_id),
                )
            )
        else:
            good.append(row)
            total.created += plan.created
            total.updated += plan.updated
            total.unchanged += plan.unchanged
            total.duplicates += plan.duplicates
            total.warnings += plan.warnings
    return total, good, bad


def _reason(error: Exception) -> str:
    # The driver's sentence, without the statement and the values SQLAlchemy puts around it.
    cause = error.orig if isinstance(error, DBAPIError) else error
    return str(cause).splitlines()[0][:200] if str(cause) else type(cause).__name__
