"""What becomes of a command: from what its vendor answered, or from the error instead. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Literal

from connectors.errors import (
    APIError,
    AuthenticationError,
    ForbiddenError,
    NotSupported,
    OtherContentError,
    RequestError,
)
from connectors.families.commands import BodyError, Done
from core.errors import FatalError, RetriableError
from db.work.outbox_claims import Ending
from syncs.trying import MOST_FAILURES, message_of

AGAIN = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY}
)  # 429 has a class of its own
"""Refusals that may be none: nobody knows whether it was done, or will be."""
REMEMBERED = timedelta(hours=23)
"""How long an answer is looked for by itself: vendors forget idempotency keys after a day."""

Meaning = Literal["refused", "unsent", "unclear"]


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """What is known of a command whose call came to nothing.

    ``age`` is how long ago it was first sent without a known outcome; None: it never was before
    this try. ``looked``: the error is of a look whether it had happened. ``may_tell``: the vendor
    knows idempotency keys, or can be asked. ``failures`` counts tries in a row that are nobody
    else's fault, this one included.
    """

    age: timedelta | None
    looked: bool
    may_tell: bool
    failures: int


@dataclass(frozen=True)
class Wait:
    """It is sent again; ``unsent``: this try has changed nothing at the vendor."""

    unsent: bool
    blameless: bool


def of_answer(done: Done) -> Ending:
    """The end of a command that was carried out, in part or not at all."""
    failed = [each for each in done.results if each.outcome == "failed"]
    error = None
    if failed:
        # Why is in the results: a vendor's sentence may quote the body, and this goes into logs.
        error = f"{len(failed)} of {len(done.results)} items failed"
    return Ending(
        state="failed" if failed and len(failed) == len(done.results) else "done",
        results=[asdict(each) for each in done.results],
        external_id=done.results[0].external_id if len(done.results) == 1 else None,
        answer=None if done.answer is None else json.dumps(done.answer),
        error=error,
    )


def of_error(error: Exception, doubt: Doubt) -> Ending | Wait:
    """Whether it is over, or sent again later."""
    if not doubt.looked and meaning(error) == "refused":
        return Ending(state="failed", error=_refusal(error))
    if doubt.age is not None and doubt.age > REMEMBERED:
        return _unknown(error)
    if _never_left(error):
        return Wait(unsent=True, blameless=True)
    blameless = isinstance(error, RetriableError)
    worn_out = doubt.failures >= MOST_FAILURES and not blameless
    mute = doubt.looked and isinstance(error, FatalError)
    if mute or worn_out or not doubt.may_tell:
        return _unknown(error)
    return Wait(unsent=doubt.looked, blameless=blameless)


def meaning(error: Exception) -> Meaning:
    """What an error says of the write that raised it."""
    if isinstance(error, NotSupported | OtherContentError | BodyError):
        return "refused"
    if _never_left(error):
        return "unsent"
    if isinstance(error, AuthenticationError | ForbiddenError):
        return "refused"
    if isinstance(error, RequestError) and error.status_code not in AGAIN:
        return "refused"
    return "unclear"


def _never_left(error: Exception) -> bool:
    return isinstance(error, APIError) and error.unsent and not isinstance(error, NotSupported)


def _refusal(error: Exception) -> str:
    if isinstance(error, OtherContentError):
        return f"The vendor knows this number with another content: {message_of(error)}"
    return message_of(error)


def _unknown(error: Exception) -> Ending:
    return Ending(
        state="unknown", error=f"Nobody knows whether it was carried out: {message_of(error)}"
    )
