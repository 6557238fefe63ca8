"""Processing events: those about one object are claimed together, and one answer is for all.

A crash anywhere leaves them due, and what was kept of the object is kept again without a trace.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy.orm import defer

from connectors.errors import CircuitOpenError, RateLimitError, ReauthorizeError
from connectors.http.deadline import Timeouts
from core.errors import FatalError, MoulinError
from core.logs import bind_correlation_id, get_logger
from db.models import WebhookEvent
from db.session import reading, writing
from db.work import claims, failures, webhooks
from db.work.claims import LeaseLost
from db.work.webhooks import Claim
from syncs import trying
from syncs.registry import SOURCES
from syncs.trying import BROKEN_OFF, MOST_FAILURES, Attempt, message_of
from syncs.webhooks.answer import PausedError, Ring, answer
from syncs.webhooks.receive import TASK

log = get_logger(__name__)

WAITS = {
    RateLimitError: 60.0, CircuitOpenError: 30.0, ReauthorizeError: 900.0, PausedError: 300.0
}  # fmt: skip
"""Seconds without another word: nobody asks the vendor, and no event is at fault."""

CALLS = 2
"""That one object may take: itself, and what goes with it."""


class _Held(NamedTuple):
    """The claim on the oldest event about an object, and the others that its answer is for."""

    claim: Claim
    beside: Sequence[int]


def process(event_id: int, task_id: str | None = None) -> list[Ring]:
    """Process the events about what ``event_id`` is about, unless somebody else does; what to ring
    for then.

    Raises what made it fail, once its row has the error: it is due again, or waits for a person.
    """
    held = _claim(event_id, task_id)
    if held is None:
        return []
    bind_correlation_id(held.claim.correlation_id)
    try:
        rings = _attempt(held, task_id)
    except LeaseLost:
        log.warning("webhook.lost", row=held.claim.key)
        return []
    with reading() as session:
        # What came while the object was fetched may be news.
        later = webhooks.waiting(session, held.claim)
    return rings if later is None else [*rings, (TASK, later)]


def _claim(event_id: int, task_id: str | None) -> _Held | None:
    with writing() as session:
        event = session.get(WebhookEvent, event_id, options=[defer(WebhookEvent.body)])
        if event is None:
            return None
        source = SOURCES.get(event.connector)
        timeouts = Timeouts() if source is None else source.timeouts
        held = webhooks.claim(session, event, seconds=CALLS * timeouts.lease, task_id=task_id)
        return None if held is None else _Held(held, webhooks.beside(session, held))


def _attempt(held: _Held, task_id: str | None) -> list[Ring]:
    if held.claim.failures > MOST_FAILURES:
        raise _give_up_silent(held, task_id)
    try:
        return answer(*held)
    except LeaseLost:
        raise
    except Exception as error:
        # The edge of an event: its row must keep every error.
        _put_back(held, error, task_id)
        if trying.quotes_row(error):
            raise MoulinError(message_of(error)) from None
        raise


def _put_back(held: _Held, error: Exception, task_id: str | None) -> None:
    """Due again later; given up after too many failures, or when asking again changes nothing."""
    claim, errors = held.claim, trying.attempts(held.claim.errors, error, task_id)
    pause = next((each for kind, each in WAITS.items() if isinstance(error, kind)), None)
    blameless = pause is not None or isinstance(error, BROKEN_OFF)
    wait = trying.wait_after(
        claim.failures, retry_after=trying.retry_after(error) or pause, blameless=blameless
    )
    if wait is None or (isinstance(error, FatalError) and not blameless):
        _give_up(held, errors, task_id)
        return
    with writing() as session:
        claims.put_back(session, claim, wait=wait, errors=errors, blameless=blameless)
    log.warning("webhook.waits", row=claim.key, seconds=round(wait), error=message_of(error))


def _give_up_silent(held: _Held, task_id: str | None) -> MoulinError:
    """Claimed too often without an end; what to raise for it."""
    died = trying.died(then="; the event is kept")
    _give_up(held, trying.attempts(held.claim.errors, died, task_id), task_id)
    return died


def _give_up(held: _Held, errors: Sequence[Attempt], task_id: str | None) -> None:
    """One failure for all events about the object, whose next one settles them."""
    key = held.claim.key
    with writing() as session:
        claims.give_up(session, held.claim, errors=errors)
        webhooks.settle(session, held.beside, status="failed", errors=errors)
        failures.record(
            session, task=TASK, task_id=task_id, args=[key], kwargs={}, queue="sync",
            attempts=errors,
        )  # fmt: skip
    log.error("webhook.failed", row=key, error=errors[-1]["message"])
