"""Two beats and a worker at work: each minute's slot is one run, though a beat is killed.

Ten slots, and the nights the clocks change, go by faster in ``tests/syncs/test_slots_in_turn.py``;
with ``MOULIN_FAULT_SECONDS=600`` here too.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from db.models import JobSlot, SyncRun
from db.session import reading
from tests.faults.stage import SECONDS, Process, Stage, tell
from tests.servers import until

SLOTS = max(2, round(SECONDS / 60))
MINUTE = timedelta(minutes=1)


def slots() -> list[datetime]:
    with reading() as session:
        return [row.slot for row in session.query(JobSlot).order_by(JobSlot.slot)]


def runs() -> Counter[str]:
    with reading() as session:
        return Counter(row.status for row in session.query(SyncRun))


def rings(beat: Process) -> int:
    """How often it sent the sync's message, over all its lives."""
    return beat.output.count("Sending due task sync.b2b.categories")


@pytest.mark.timeout(180 + 70 * SLOTS)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_beats_give_each_slot_one_run_though_one_is_killed(stage: Stage):
    minutely = {"SYNC_SCHEDULE_B2B_CATEGORIES": "* * * * *"}
    stage.worker(**minutely)
    killed, other = (
        stage.start("-m", "celery", "-A", "worker", "beat", **minutely) for _ in range(2)
    )
    until(lambda: bool(rings(killed) and rings(other)), what="both rings", patience=120)
    killed.kill()
    killed.start()
    before = rings(killed), rings(other)
    until(
        lambda: rings(killed) > before[0] and rings(other) > before[1],
        what="both rings again", why_not=lambda: killed.output, patience=120,
    )  # fmt: skip
    until(lambda: len(slots()) >= SLOTS, what="the slots", patience=70 * SLOTS)
    until(
        lambda: runs() == {"succeeded": len(slots())}, what="the runs", why_not=lambda: str(runs())
    )

    found = slots()
    tell(f"{len(found)} slots, runs: {dict(runs())}, rings: {rings(killed)} and {rings(other)}")
    assert len(found) >= SLOTS
    assert {(slot.second, slot.microsecond) for slot in found} == {(0, 0)}
    assert {later - slot for slot, later in pairwise(found)} == {MINUTE}
