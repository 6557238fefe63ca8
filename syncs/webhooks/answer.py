"""Believing an event by asking: its object is fetched, or a run of its sync is asked for.

What an event itself says of the object is not read: events come late, twice and out of order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.errors import MoulinError
from core.logs import get_logger
from db.session import reading, writing
from db.types import db_now
from db.work import claims, failures, states, webhooks
from db.work.webhooks import Claim
from syncs import engine, gate
from syncs.declaration import AnySync
from syncs.registry import SYNCS, find_source
from syncs.webhooks.receive import TASK
from syncs.webhooks.subjects import Subject

log = get_logger(__name__)

Ring = tuple[str, int]
"""A task, and the id of the row that it is to do."""


class PausedError(MoulinError):
    """A person keeps the sync from writing."""

    code = "PAUSED"


def answer(held: Claim, beside: Sequence[int]) -> list[Ring]:
    """Do what the claimed event asks for, and with it the events ``beside`` it; the runs to ring
    for.

    Raises what the vendor and the store raise, ``LeaseLost``, ``PausedError``, and as
    ``registry.find_source``: a worker that has not read the connector yet must not end its events.
    """
    find_source(held.connector)
    subject = Subject.parse(held.subject)
    syncs = list(_syncs(held.connector, subject))
    if subject.object_id is not None:
        syncs = [sync for sync in syncs if not _fetch(sync, subject.object_id)]
    with writing() as session:
        claims.finish(session, held, done_at=db_now())
        webhooks.settle(session, beside)
        failures.close_rows(session, TASK, [held.key, *beside], who="worker")
        # As a slot of its schedule does: fresh data does not know of what happened now.
        asked = [(sync, gate.decide(session, sync, trigger="webhook", slot=True)) for sync in syncs]
    for sync, said in asked:
        log.info("webhook.asks", sync=sync.name, answer=said.status)
    return [(sync.task, said.run_id) for sync, said in asked if isinstance(said, gate.Enqueued)]


def _syncs(connector: str, subject: Subject) -> Iterator[AnySync]:
    """The syncs of these feeds; one that is turned off is none."""
    for feed in subject.feeds:
        if sync := SYNCS.get(f"{connector}.{feed}"):
            yield sync


def _fetch(sync: AnySync, object_id: str) -> bool:
    """Keep the object as the vendor has it now; False when it gives no single ones."""
    with reading() as session:
        if (state := states.find(session, sync.name)) is not None and state.paused:
            raise PausedError(f"{sync.name} is paused.")
    with sync.source.open() as connector:
        one = connector.feeds[sync.name.rpartition(".")[2]].one
        if one is None:
            return False
        payload = one(connector, object_id)
    # What the vendor has no more the next whole walk takes away.
    if payload is not None:
        engine.keep(sync, [payload])
    return True
