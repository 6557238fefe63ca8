"""How an act ends, and what becomes of one that could not be carried on with."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from core.errors import MoulinError, RetriableError
from core.logs import get_logger
from db.access import audit
from db.session import writing
from db.work import acts, claims, failures
from db.work.acts import Claim
from syncs import trying
from syncs.due import kinds
from syncs.trying import BROKEN_OFF

log = get_logger(__name__)

FIRST_WAIT = 3.0


def finish(held: Claim, status: str) -> str:
    """The act is ``done`` or ``stopped``, which is returned; the audit has what came of it."""
    with writing() as session:
        act = acts.find(session, held.key)
        acts.finish(session, held, act, status=status)
        session.refresh(act)
        audit.note(
            session, who=act.who, what="act.end", subject=f"act {act.id}", why=act.why,
            status=status, matching=act.matching, done=act.done, refused=act.refused,
            skipped=act.skipped, left=act.left,
        )  # fmt: skip
    log.info("act.ended", act=held.key, status=status)
    return status


def give_way(held: Claim) -> None:
    """The act is due again at once, for whoever is rung for."""
    with writing() as session:
        claims.put_back(session, held, wait=0, errors=held.errors, blameless=True)


def put_back(held: Claim, error: Exception, task_id: str | None) -> None:
    """Due again later, or given up after too many failures."""
    errors = trying.attempts(held.errors, error, task_id)
    blameless = isinstance(error, (*BROKEN_OFF, RetriableError))
    with writing() as session:
        # As the row has it: whoever came further has no failures behind him but this one.
        tried = replace(held, failures=max(acts.find(session, held.key).failures, 1))
        wait = trying.wait_after(tried.failures, first=FIRST_WAIT, blameless=blameless)
        if wait is None:
            _give_up(session, held, errors, task_id)
            return
        claims.put_back(session, tried, wait=wait, errors=errors, blameless=blameless)
    log.warning("act.waits", act=held.key, seconds=round(wait), error=trying.message_of(error))


def give_up_silent(held: Claim, task_id: str | None) -> MoulinError:
    """Claimed too often without an end; what to raise for it."""
    died = trying.died(then="; what is left stays open")
    with writing() as session:
        _give_up(session, held, trying.attempts(held.errors, died, task_id), task_id)
    return died


def _give_up(
    session: Session, held: Claim, errors: list[trying.Attempt], task_id: str | None
) -> None:
    claims.give_up(session, held, errors=errors)
    failures.record(
        session, task=kinds.ACTS.task, task_id=task_id, args=[held.key], kwargs={},
        queue="upkeep", attempts=errors,
    )  # fmt: skip
    log.error("act.failed", act=held.key, error=errors[-1]["message"])
