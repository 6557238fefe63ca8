"""Carrying an act out: it is claimed, and goes on slice by slice until its rows or its turn end.

A slice is one transaction that changes its rows and moves the act on: whatever dies, nothing is
done twice, and another worker goes on behind the last slice that was committed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy.orm import Session

from core.errors import MoulinError, RetriableError
from core.logs import bind_correlation_id, get_logger
from db.models import BulkAct, FailedTask
from db.session import reading, writing
from db.work import acts, claims, failures
from db.work.acts import Claim
from db.work.claims import LeaseLost
from syncs import trying
from syncs.acts import retry as retries
from syncs.acts.bulk import ending
from syncs.acts.bulk.verbs import VERBS, Outcome, Part, Verb, refusal
from syncs.trying import BROKEN_OFF, MOST_FAILURES
from syncs.views.acts import BulkActLine

log = get_logger(__name__)

LEASE = 30.0
"""Seconds. A slice takes milliseconds."""
TURN = 20.0
"""Seconds after which an act gives way: other tasks wait in its queue."""
SENT_AT_ONCE = 20
"""Tasks without a row in one slice: a slow broker must not take longer than the lease."""
KEPT = 100
"""Refusals of which an act keeps the reason."""


class Send(Protocol):
    """Sends a task once more, as it was."""

    def __call__(
        self, task: str, *, args: list[object], kwargs: dict[str, object], task_id: str
    ) -> bool:
        """Whether the broker took it."""


def _ignore(_: BulkActLine) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Execution:
    """Who carries an act out: ``ring`` is called with what is due, ``watch`` after each slice;
    ``turn`` is in seconds, None: to the end.
    """

    ring: Callable[[str, int], object]
    send: Send
    watch: Callable[[BulkActLine], None] = _ignore
    task_id: str | None = None
    turn: float | None = TURN


def carry_out(act_id: int, execution: Execution) -> str:
    """How far it came: ``done``, ``stopped``, ``due`` when it gave way (ring for it again), or
    ``left`` when somebody else has it or it is over.

    Raises what made it fail, once its row has the error: it is due again, or waits for a person.
    """
    with writing() as session:
        held = claims.claim(session, Claim, act_id, seconds=LEASE, task_id=execution.task_id)
    if held is None:
        return "left"
    bind_correlation_id(held.correlation_id)
    try:
        return _attempt(held, execution)
    except LeaseLost:
        log.warning("act.lost", act=act_id)
        return "left"


def _attempt(held: Claim, execution: Execution) -> str:
    if held.failures > MOST_FAILURES:
        raise ending.give_up_silent(held, execution.task_id)
    try:
        return _slices(held, execution)
    except LeaseLost:
        raise
    except (KeyboardInterrupt, SystemExit):
        with suppress(LeaseLost):
            ending.give_way(held)
        raise
    except Exception as error:
        # The edge of an act: its row must keep every error.
        ending.put_back(held, error, execution.task_id)
        if trying.quotes_row(error):
            raise MoulinError(trying.message_of(error)) from None
        raise


def _slices(held: Claim, execution: Execution) -> str:
    began = time.monotonic()
    while True:
        ended = _slice(held, execution)
        if ended is not None:
            return ended
        if execution.turn is not None and time.monotonic() - began >= execution.turn:
            ending.give_way(held)
            return "due"


def _slice(held: Claim, execution: Execution) -> str | None:
    """Carry out the next slice; how the act has ended when there is none."""
    with reading() as session:
        act = acts.find(session, held.key)
        verb = VERBS[act.kind]
        ids = [] if act.stop_requested else acts.next_ids(session, act, limit=verb.at_once)
        alone = _without_row(session, ids) if verb.posts else []
    if not ids:
        return ending.finish(held, "stopped" if act.stop_requested else "done")
    if len(alone) > SENT_AT_ONCE:
        ids = [ident for ident in ids if ident < alone[SENT_AT_ONCE].id]
    part = Part(ids=ids, posted=_post(alone[:SENT_AT_ONCE], execution.send))
    outcome, line = _write(held, act, verb, part)
    for task, ident in outcome.rings:
        execution.ring(task, ident)
    execution.watch(line)
    return None


def _without_row(session: Session, ids: list[int]) -> list[FailedTask]:
    return [each for each in failures.among(session, ids) if not retries.has_row(each)]


def _post(alone: list[FailedTask], send: Send) -> Mapping[int, str]:
    """Send these tasks again; their new ids. Before their mark and not after: a message too many
    changes nothing, a missing one would. Sent twice, it is the same message.
    """
    posted: dict[int, str] = {}
    for failed in alone:
        task_id = str(uuid5(NAMESPACE_OID, f"{failed.task_id} {failed.id}"))
        if not send(
            failed.task, args=list(failed.args), kwargs=dict(failed.kwargs), task_id=task_id
        ):
            raise RetriableError("The broker does not answer.", code="BROKER_AWAY")
        posted[failed.id] = task_id
    return posted


def _write(held: Claim, act: BulkAct, verb: Verb, part: Part) -> tuple[Outcome, BulkActLine]:
    try:
        with writing() as session:
            outcome = verb.carry_out(session, act, part)
            return outcome, _advance(session, held, part, outcome)
    except (RetriableError, *BROKEN_OFF):
        raise
    except Exception as error:
        # The edge of a record: it must not keep the others from being written.
        if not verb.alone:
            raise
        if not isinstance(error, MoulinError):
            log.exception("act.row_failed", act=held.key, row=part.ids[0])
        with writing() as session:
            # What somebody else has closed meanwhile is no refusal.
            still = acts.still_open(session, act.kind, part.ids)
            outcome = Outcome(done=0, refusals=[refusal(ident, error) for ident in still])
            return outcome, _advance(session, held, part, outcome)


def _advance(session: Session, held: Claim, part: Part, outcome: Outcome) -> BulkActLine:
    # Last, so that who wants to stop the act waits for no slice; lost, it undoes the slice.
    claims.renew(session, held)
    act = acts.find(session, held.key)
    acts.advance(
        act, after=part.ids[-1], looked_at=len(part.ids), done=outcome.done,
        refusals=outcome.refusals, kept=KEPT,
    )  # fmt: skip
    if outcome.reopened is not None:
        act.reopened = list(outcome.reopened)
    return BulkActLine.of(act)
