"""What came of a try, noted: the command is over, waits for its next try, or for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.families import Family
from core.errors import MoulinError
from core.logs import get_logger
from db import bulk
from db.session import reading, writing
from db.work import outbox_claims
from db.work.claims import Errors
from db.work.outbox_claims import Claim, Ending
from syncs import trying
from syncs.outbox import fate
from syncs.outbox.fate import Doubt, Wait

log = get_logger(__name__)

FIRST_WAIT = 3.0


@dataclass(frozen=True)
class Carried:
    """The state in which a command was left, None when it was not ours; and what to ring for: the
    ids of commands that waited for this one.
    """

    state: str | None
    following: Sequence[int] = ()


def failed(
    connector: Family, held: Claim, error: MoulinError, task_id: str | None, *, looked: bool = False
) -> Carried:
    """The try came to ``error``; ``looked``: while it was asked whether an earlier one had."""
    return _note(held, _decide(connector, held, error, looked=looked), error, task_id)


def unopened(held: Claim, error: MoulinError, task_id: str | None) -> Carried:
    """There is no such connector any more, or its configuration is wrong: nothing was sent."""
    return _note(held, Wait(unsent=True, blameless=True), error, task_id)


def end(held: Claim, ending: Ending, errors: Errors) -> Carried:
    """It is over, or waits for a person."""
    with writing() as session:
        following = outbox_claims.end(session, held, ending, errors=errors)
    write = log.info if ending.state == "done" else log.error
    write(
        f"outbox.{ending.state}", command=held.key, connector=held.connector, verb=held.verb,
        error=ending.error,
    )  # fmt: skip
    return Carried(ending.state, following)


def _decide(connector: Family, held: Claim, error: MoulinError, *, looked: bool) -> Ending | Wait:
    command = connector.commands.get(held.verb)
    with reading() as session:
        now = bulk.now(session)
    return fate.of_error(
        error,
        Doubt(
            age=None if held.sent_at is None else now - held.sent_at,
            looked=looked,
            may_tell=connector.keyed or (command is not None and command.look is not None),
            failures=held.failures,
        ),
    )


def _note(held: Claim, what: Ending | Wait, error: MoulinError, task_id: str | None) -> Carried:
    errors = trying.attempts(held.errors, error, task_id)
    if isinstance(what, Ending):
        return end(held, what, errors)
    wait = trying.wait_after(
        len(errors), first=FIRST_WAIT, retry_after=trying.retry_after(error), blameless=True
    )
    assert wait is not None
    with writing() as session:
        outbox_claims.put_back(
            session, held, wait=wait, errors=errors, unsent=what.unsent, blameless=what.blameless
        )
    log.warning(
        "outbox.waits", command=held.key, connector=held.connector, seconds=round(wait),
        error=trying.message_of(error),
    )  # fmt: skip
    return Carried("waiting")
