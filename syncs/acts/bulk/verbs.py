"""What each kind of act does with the rows of one slice, in the transaction of that slice."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from sqlalchemy.orm import Session

from core.document import Json
from core.errors import MoulinError, RefusedError
from db.models import BulkAct, FailedTask
from db.work import failures, rejects
from syncs.acts import retry as retries
from syncs.acts.rejects import refusing, write_again
from syncs.acts.retry import Reopened
from syncs.due.kinds import Ring

REMEMBERED = 1000
"""Runs and batches that an act remembers having made due."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """The rows of a slice; ``posted`` has the new task id of each that was sent again already."""

    ids: Sequence[int]
    posted: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How many rows were changed and which were refused; ``rings`` are due now, and ``reopened``
    is what the whole act has made due, None when that is as before.
    """

    done: int
    refusals: Sequence[Json] = ()
    rings: Sequence[Ring] = ()
    reopened: Sequence[Json] | None = None


@dataclass(frozen=True, kw_only=True)
class Verb:
    """``at_once`` rows are one slice; ``posts``: tasks without a row are sent before it."""

    carry_out: Callable[[Session, BulkAct, Part], Outcome]
    at_once: int = 200
    posts: bool = False

    @property
    def alone(self) -> bool:
        """Whether each row is a slice of its own, and raises what refuses it."""
        return self.at_once == 1


def refusal(ident: int, error: Exception) -> Json:
    """Why a row could not be changed, as the act keeps it: no value of the row is in it."""
    if isinstance(error, MoulinError):
        return {"id": ident, "code": error.code, "detail": str(error)}
    detail = f"{type(error).__name__}: a mistake of our own; the log tells more."
    return {"id": ident, "code": MoulinError.code, "detail": detail}


def _retry(session: Session, act: BulkAct, part: Part) -> Outcome:
    """Make due what each failure was about. One run answers for all of them that share it."""
    known: dict[str, Json] = {entry["work"]: entry for entry in act.reopened}
    rings: list[Ring] = []
    refusals: list[Json] = []
    done = 0
    for group in _groups(failures.hold_open(session, part.ids)):
        ids = [failed.id for failed in group]
        try:
            name = part.posted.get(ids[0]) or _answer(session, group, known, rings)
        except RefusedError as error:
            refusals += [refusal(ident, error) for ident in ids]
            continue
        done += failures.close_all(
            session, ids, "retried", who=act.who, why=act.why, retried_as=name
        )
    return Outcome(
        done=done, refusals=refusals, rings=rings, reopened=list(known.values())[:REMEMBERED]
    )


def _groups(held: Sequence[FailedTask]) -> list[list[FailedTask]]:
    """Failures of one run or row each; a task without one is alone.

    In one order: two acts must not wait for each other's syncs.
    """

    def piece(failed: FailedTask) -> tuple[str, str]:
        alone = failed.id if not retries.has_row(failed) else failed.run_id
        return failed.task, json.dumps([alone, failed.args])

    return [list(group) for _, group in groupby(sorted(held, key=piece), piece)]


def _answer(
    session: Session, group: Sequence[FailedTask], known: dict[str, Json], rings: list[Ring]
) -> str:
    """The name of what is tried again for these failures: once an act, whatever has come of it."""
    work = retries.work_of(session, group[0])
    entry = known.get(work)
    if entry is None:
        again = retries.reopen(session, group[0])
        rings.append((again.task, again.ident))
        entry = _entry(work, again)
    causes = {*entry["causes"], *(failed.fingerprint for failed in group)}
    known[work] = {**entry, "causes": sorted(causes)}
    return str(entry["as"])


def _entry(work: str, again: Reopened) -> Json:
    return {"work": work, "as": again.name, "ident": again.ident, "causes": []}


def _dismiss(session: Session, act: BulkAct, part: Part) -> Outcome:
    held = [failed.id for failed in failures.hold_open(session, part.ids)]
    done = failures.close_all(session, held, "dismissed", who=act.who, why=act.why)
    return Outcome(done=done)


def _replay(session: Session, act: BulkAct, part: Part) -> Outcome:
    (ident,) = part.ids
    with refusing(ident):
        write_again(session, ident, act.who)
    return Outcome(done=1)


def _discard(session: Session, act: BulkAct, part: Part) -> Outcome:
    return Outcome(done=rejects.discard_all(session, part.ids, act.why or ""))


VERBS: Mapping[str, Verb] = {
    "failure.retry": Verb(carry_out=_retry, posts=True),
    "failure.dismiss": Verb(carry_out=_dismiss),
    # Each on its own: a record that is refused must undo no other one, and a sale locks its
    # articles in an order of its own.
    "reject.replay": Verb(carry_out=_replay, at_once=1),
    "reject.discard": Verb(carry_out=_discard),
}
