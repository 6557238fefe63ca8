from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from syncs.views.status import Facts, state_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATER, SOON = NOW + HOUR, NOW - timedelta(seconds=5)
FRESH: dict[str, Any] = {"ever": True, "last_success_at": NOW - HOUR, "complete": "succeeded"}
OLD: dict[str, Any] = {**FRESH, "last_success_at": NOW - 4 * HOUR}


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({}, "never_run"),
        ({"active": "due"}, "never_run"),
        (FRESH, "ok"),
        ({**FRESH, "active": "due"}, "ok"),
        ({**FRESH, "complete": "partial"}, "partial"),
        ({**FRESH, "last_success_at": NOW - 3 * HOUR}, "ok"),
        (OLD, "late"),
        ({**OLD, "complete": "partial"}, "late"),
        ({"ever": True}, "late"),
        ({**FRESH, "failures": 1}, "failing"),
        ({**FRESH, "failures": 1, "needs_approval": True}, "needs_approval"),
        ({**OLD, "needs_approval": True}, "needs_approval"),
    ],
)
def test_a_sync_at_rest(facts, word):
    assert state_of(Facts(**facts), now=NOW, interval=7200) == word


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({"active": "running", "lease_until": LATER}, "running"),
        ({"active": "running", "lease_until": SOON}, "retrying"),
        ({"active": "running"}, "retrying"),
        ({"active": "due", "heartbeat_at": SOON}, "running"),
        ({"active": "due", "heartbeat_at": NOW - HOUR}, "retrying"),
        ({"active": "due", "heartbeat_at": SOON, "not_before": LATER}, "retrying"),
    ],
)
def test_a_sync_on_its_way(facts, word):
    found = Facts(begun=True, **FRESH, **facts)

    assert state_of(found, now=NOW, interval=7200) == word


def test_a_first_run_that_is_tried_again_is_retrying():
    found = Facts(ever=True, begun=True, active="due", not_before=LATER)

    assert state_of(found, now=NOW, interval=7200) == "retrying"


def test_a_run_whose_worker_is_gone_for_long_is_late():
    found = Facts(begun=True, active="running", lease_until=SOON, **OLD)

    assert state_of(found, now=NOW, interval=7200) == "late"


def test_a_pause_hides_all_else():
    found = Facts(paused=True, begun=True, active="running", lease_until=LATER, failures=3)

    assert state_of(found, now=NOW, interval=7200) == "paused"
