"""Processing a batch: it is claimed, its sales are sold, and what fails is tried again.

A crash anywhere leaves the batch as it was, and it is processed again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from core.errors import MoulinError
from core.logs import bind_correlation_id, get_logger
from db.session import writing
from db.tills import batch_claims
from db.tills.batch_claims import BatchLost, Claim
from db.work import claims, failures
from syncs import trying
from syncs.sales.selling import PATIENCE, sell
from syncs.trying import BROKEN_OFF, MOST_FAILURES, Attempt, message_of

log = get_logger(__name__)

TASK = "sales.process"
LEASE = 60.0
"""Seconds. A batch takes milliseconds; the largest one on a slow disk some seconds."""
PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds between tries to put a batch back while the store is away: within the lease too."""
FIRST_WAIT = 3.0
TRIES = (0.05, 0.2, 1.0)
"""Seconds before a transaction that the database broke off (a deadlock, a restart) is repeated."""


def process(batch_id: int, task_id: str | None = None) -> str:
    """Process the batch: ``done``, or ``left`` when somebody else has it or it is over.

    Raises what made it fail, once its row has the error: it is due again, or waits for a person.
    """
    with writing() as session:
        held = batch_claims.claim(session, batch_id, seconds=LEASE, task_id=task_id)
    if held is None:
        return "left"
    bind_correlation_id(held.correlation_id)
    try:
        _attempt(held, task_id)
    except BatchLost:
        log.warning("sales.batch_lost", batch=batch_id)
        return "left"
    return "done"


def _attempt(held: Claim, task_id: str | None) -> None:
    if held.failures > MOST_FAILURES:
        raise _give_up_silent(held, task_id)
    try:
        _sell(held)
    except BatchLost:
        raise
    except Exception as error:
        # The edge of a batch: its row must keep every error.
        _put_back(held, error, task_id)
        if trying.quotes_row(error):
            raise MoulinError(message_of(error)) from None
        raise


def _sell(held: Claim) -> None:
    for wait in TRIES:
        try:
            sell(held)
        except BROKEN_OFF as error:
            log.warning("sales.again", batch=held.batch_id, error=message_of(error))
            time.sleep(wait)
        else:
            return
    sell(held)


def _put_back(held: Claim, error: Exception, task_id: str | None) -> None:
    """Due again later, or given up after too many failures."""
    errors = trying.attempts(held.errors, error, task_id)
    # The batch is not at fault when the database breaks off, and is not given up for it.
    blameless = isinstance(error, BROKEN_OFF)
    wait = trying.wait_after(held.failures, first=FIRST_WAIT, blameless=blameless)
    if wait is None:
        _give_up(held, errors, task_id)
        return
    for pause in (*PAUSES, None):
        try:
            with writing(patience=PATIENCE) as session:
                claims.put_back(session, held, wait=wait, errors=errors, blameless=blameless)
        except BROKEN_OFF:
            # Not written, the try would count as a failure of the batch.
            if pause is None:
                raise
            time.sleep(pause)
        else:
            break
    message = message_of(error)
    log.warning("sales.waits", batch=held.batch_id, seconds=round(wait), error=message)


def _give_up_silent(held: Claim, task_id: str | None) -> MoulinError:
    """Claimed too often without an end; what to raise for it."""
    died = trying.died(then="; the batch is kept")
    _give_up(held, trying.attempts(held.errors, died, task_id), task_id)
    return died


def _give_up(held: Claim, errors: Sequence[Attempt], task_id: str | None) -> None:
    with writing() as session:
        claims.give_up(session, held, errors=errors)
        failures.record(
            session, task=TASK, task_id=task_id, args=[held.batch_id], kwargs={}, queue="sales",
            attempts=errors,
        )  # fmt: skip
    log.error("sales.failed", batch=held.batch_id, error=errors[-1]["message"])
