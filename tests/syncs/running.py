"""Syncs as a person runs them: here, to their end."""

from typing import Any

from db.session import writing
from db.work import leases, runs
from syncs import engine, gate, resuming
from syncs.declaration import AnySync
from syncs.running.walk import Execution, Watch, unwatched

Statistics = dict[str, Any]

BY_HAND = Execution(slice_seconds=None, by_hand=True)


def sync_now(
    sync: AnySync, *, resume: bool = False, watch: Watch = unwatched, **options: int | str
) -> Statistics:
    """Run ``sync`` to its end; its statistics. Raises what made the run fail."""
    run_id = taken(sync, resume=resume, **options)
    execution = Execution(slice_seconds=None, by_hand=True, steal=resume, watch=watch)
    engine.execute(sync, run_id, execution)
    return engine.statistics(sync, run_id)


def taken(sync: AnySync, *, resume: bool = False, **options: int | str) -> int:
    """The run that the gate gives a person; fails the test when it gives none."""
    answer = resuming.take(sync, options, resume=resume)
    assert isinstance(answer, gate.Enqueued), answer
    return answer.run_id


def claim(run_id: int, *, steal: bool = False, seconds: float = 60) -> leases.Lease | None:
    """Another worker's claim of the run; None when it is refused."""
    with writing() as session:
        found = runs.find(session, run_id)
        return leases.claim(session, found, owner="other:1", seconds=seconds, steal=steal)


def counts(statistics: Statistics) -> dict[str, int]:
    """What a run did to the records, without what is zero."""
    names = ("created", "updated", "unchanged", "deleted", "errors", "duplicates")
    return {name: statistics[name] for name in names if statistics[name]}
