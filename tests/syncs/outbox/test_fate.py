"""What an error says of a command, without any store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors import errors
from core.errors import MoulinError
from db.work.outbox_claims import Ending
from syncs.outbox import fate
from syncs.outbox.fate import Doubt, Wait

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MEANINGS: dict[str, list[Exception]] = {
    "refused": [
        errors.RequestError("no", status_code=400),
        errors.RequestError("a redirect", status_code=302),
        errors.AuthenticationError("no", status_code=401),
        errors.ForbiddenError("no", status_code=403),
        errors.NotSupported("no"),
        errors.OtherContentError("no", status_code=409),
    ],
    "unsent": [
        errors.ConnectionError("away", unsent=True),
        errors.CircuitOpenError("away", unsent=True),
        errors.RateLimitError("later", unsent=True),
        errors.ReauthorizeError("square"),
    ],
    "unclear": [
        *(errors.RequestError("?", status_code=status) for status in (408, 409, 425)),
        errors.RateLimitError("later", status_code=429),
        errors.ServerError("?", status_code=500),
        errors.ConnectionError("cut"),
        errors.AnswerError("HTML"),
        errors.TooLargeError("long"),
        MoulinError("KeyError in our own code."),
    ],
}


def doubt(**known: Any) -> Doubt:
    return replace(Doubt(age=None, looked=False, may_tell=True, failures=1), **known)


@pytest.mark.parametrize(
    ("error", "word"), [(each, word) for word, every in MEANINGS.items() for each in every]
)
def test_what_an_error_says_of_a_write(error, word):
    assert fate.meaning(error) == word


def state(error: Exception, **known: Any) -> str:
    what = fate.of_error(error, doubt(**known))
    return what.state if isinstance(what, Ending) else "waiting"


@pytest.mark.parametrize("error", MEANINGS["unsent"])
def test_what_was_not_sent_is_sent_later_whoever_the_vendor(error):
    assert fate.of_error(error, doubt(may_tell=False)) == Wait(unsent=True, blameless=True)
    assert state(error, age=DAY) == "unknown"


@pytest.mark.parametrize("error", MEANINGS["unclear"])
def test_who_cannot_tell_leaves_it_to_a_person(error):
    assert state(error, may_tell=False) == "unknown"
    assert state(error) == "waiting"
    assert state(error, age=HOUR) == "waiting"
    assert state(error, age=DAY) == "unknown"


def test_the_vendors_trouble_is_no_failure_of_the_command():
    away, conflict = MEANINGS["unclear"][4], MEANINGS["unclear"][1]

    assert state(away, failures=9) == "waiting"
    assert state(conflict, failures=5) == "unknown"


def test_another_content_under_our_number_has_failed_and_says_so():
    ended = fate.of_error(errors.OtherContentError("409", status_code=409), doubt())

    assert isinstance(ended, Ending)
    assert ended.state == "failed"
    assert "another content" in (ended.error or "")


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (errors.NotSupported("no"), "unknown"),
        (errors.RequestError("404", status_code=404), "unknown"),
        (errors.AuthenticationError("401", status_code=401), "unknown"),
        (errors.ServerError("500", status_code=500), "waiting"),
        (errors.ConnectionError("cut"), "waiting"),
        (errors.ReauthorizeError("square"), "waiting"),
    ],
)
def test_a_look_that_fails_says_nothing_of_the_command(error, word):
    assert state(error, looked=True, age=HOUR) == word
    what = fate.of_error(error, doubt(looked=True, age=HOUR))
    assert not isinstance(what, Wait) or what.unsent
