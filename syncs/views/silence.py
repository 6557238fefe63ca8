"""Connectors whose vendor has fallen silent: their runs bring changes, and no event announces any.

A subscription ends without a word, at Square after three weeks of failures. Runs bring the changes
all the same, only later.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from db.work import overview, webhooks
from syncs.registry import SYNCS
from syncs.views.shapes import Shape
from syncs.webhooks import receivers

DAY = timedelta(days=1)


class Silence(Shape):
    """No event of this connector came for a day, in which its runs brought changes; ``since`` is
    when the last one came, null: never.
    """

    connector: str
    since: datetime | None


def silent(session: Session) -> list[Silence]:
    """The connectors that expect webhooks and whose vendor has fallen silent."""
    found = []
    for name in receivers.names():
        syncs = [sync.name for sync in SYNCS.values() if sync.source.name == name]
        heard = webhooks.last_received_at(session, name)
        since = heard or overview.first_begun_at(session, syncs)
        if since is not None and overview.changed_after(session, syncs, since + DAY):
            found.append(Silence(connector=name, since=heard))
    return found
