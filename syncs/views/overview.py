"""All at a glance: every sync, how much the catalogue holds, how the tills are."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from pydantic import Field
from sqlalchemy.orm import Session

from db import bulk
from db.work import overview, rejects
from syncs.sales.process import TASK as SALES
from syncs.sales.refused import NAME as REFUSED
from syncs.views import acts, connectors, outbox, shops, silence, status
from syncs.views.acts import BulkActLine
from syncs.views.connectors import ConnectorDetail, FolderOf
from syncs.views.shapes import Count, Shape
from syncs.views.shops import Unsold
from syncs.views.silence import Silence
from syncs.views.status import SyncStatus


class Totals(Shape):
    """``products_without_shop`` are on sale in no shop, ``products_without_till`` can be sold by no
    till (``unsold`` says why); of ``products_below_zero`` more was sold than there was;
    ``tombstones`` left their source; ``open_failures`` wait for a person.
    """

    products: Count
    products_without_shop: Count
    products_without_till: Count
    products_below_zero: Count
    categories: Count
    tombstones: Count
    open_failures: Count


class Tills(Shape):
    """Batches of sales that no worker has finished, sales that were refused and wait for a person,
    and active terminals.
    """

    waiting_batches: Count
    waiting_since: datetime | None
    failed_batches: Count
    refused_sales: Count
    terminals: Count
    terminals_of_level_0: Count


class Overview(Shape):
    """How everything is doing at one moment, the store's."""

    at: datetime
    syncs: list[SyncStatus]
    totals: Totals
    tills: Tills
    unsold: list[Unsold]
    silent: list[Silence] = Field(
        description="Connectors that expect webhooks, which come no more."
    )
    connectors: list[ConnectorDetail]
    processes: list[FolderOf] = Field(
        description="The processes that live, when not all have read the same connectors."
    )
    outbox: outbox.OpenCommands
    acts: list[BulkActLine] = Field(description="Acts on many rows that are due or at work.")


def find(session: Session) -> Overview:
    """How everything is doing now."""
    failures, unsold = overview.open_failures(session), shops.unsold(session)
    return Overview(
        at=bulk.now(session),
        syncs=status.every(session),
        totals=Totals(
            **asdict(overview.totals(session)),
            products_without_till=sum(each.articles for each in unsold),
            open_failures=sum(failures.values()),
        ),
        tills=_tills(session, failed=failures.get(SALES, 0)),
        unsold=unsold,
        connectors=connectors.every(session),
        processes=connectors.differing(session),
        silent=silence.silent(session),
        outbox=outbox.waiting(session),
        acts=acts.unended(session),
    )


def _tills(session: Session, *, failed: int) -> Tills:
    waiting, terminals = overview.waiting(session), overview.terminals(session)
    return Tills(
        waiting_batches=waiting.batches,
        waiting_since=waiting.since,
        failed_batches=failed,
        refused_sales=rejects.count_open(session, REFUSED),
        terminals=sum(terminals.values()),
        terminals_of_level_0=terminals.get(0, 0),
    )
