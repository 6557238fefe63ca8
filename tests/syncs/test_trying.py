"""What an attempt leaves behind, and when it was the last."""

from __future__ import annotations

import random

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from core.errors import MoulinError, RetriableError
from syncs import trying
from syncs.trying import MOST_FAILURES

ROW = "Key (email)=(awa@example.com)"


def test_each_wait_may_be_twice_the_last_and_the_fifth_failure_is_the_end(monkeypatch):
    monkeypatch.setattr(random, "uniform", lambda low, high: high)

    waits = [trying.wait_after(failures, first=3) for failures in range(1, MOST_FAILURES + 1)]

    assert waits == [3, 6, 12, 24, None]


def test_a_source_that_says_when_is_not_asked_before():
    assert trying.wait_after(1, retry_after=3600) == 3600
    assert trying.wait_after(MOST_FAILURES, retry_after=3600) is None
    assert trying.retry_after(RetriableError("wait", retry_after=7)) == 7
    assert trying.retry_after(MoulinError("no")) is None


def test_a_source_that_says_at_once_is_asked_a_second_later_at_the_soonest():
    wait = trying.wait_after(1, retry_after=0)

    assert wait is not None
    assert wait >= 1


def test_blameless_work_is_never_given_up():
    assert trying.wait_after(MOST_FAILURES + 1, blameless=True) is not None


def test_of_very_many_attempts_the_first_and_the_newest_are_kept():
    kept: list[trying.Attempt] = []
    for number in range(40):
        kept = trying.attempts(kept, MoulinError(str(number)), None)

    assert [int(str(each["message"])) for each in kept] == [*range(5), *range(20, 40)]


def test_an_attempt_is_kept_as_data():
    kept = trying.attempt(MoulinError("no", code="NO"), "task-1")

    assert (kept["type"], kept["code"], kept["message"]) == ("MoulinError", "NO", "no")
    assert kept["task_id"] == "task-1"
    assert str(kept["at"]).endswith("+00:00")


@pytest.mark.parametrize(
    ("error", "quotes"),
    [
        (IntegrityError("INSERT", None, Exception(f"duplicate key\nDETAIL: {ROW}")), True),
        (OperationalError("COMMIT", None, Exception(f"deadlock\nDETAIL: {ROW}")), False),
        (ValueError("no"), False),
    ],
)
def test_what_a_database_quotes_of_a_row_is_not_kept(error, quotes):
    kept = trying.attempt(error, None)

    assert ROW not in f"{kept}"
    assert trying.quotes_row(error) is quotes


def test_who_died_says_what_to_do():
    assert str(trying.died(then="; the batch is kept")) == (
        "5 tries died without saying why (killed, out of memory?). Look at the worker's log, "
        "then retry it; the batch is kept."
    )
    assert trying.died().code == "DIED"
