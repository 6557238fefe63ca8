"""What a person does about a sync that does not go by itself; said alike everywhere."""

from __future__ import annotations

from syncs.registry import SYNCS
from syncs.views.status import SyncStatus

ADVICE = {
    "paused": "{sync} is paused: 'python manage.py syncs resume {sync}' ends that.",
    "needs_approval": "{sync} would delete more than the brake allows: 'python manage.py runs show "
    "{approve}', then 'python manage.py runs approve {approve}' if that is right.",
    "failing": "{sync} fails: {reason}. When that is cured: 'python manage.py sync {sync}', or, "
    "for tasks that failed, 'python manage.py failed retry --all --task sync.{sync}'.",
    "late": "{sync} is late (last complete run: {since}): is a worker running? By hand: "
    "'python manage.py sync {sync}'.",
    "never_run": "{sync} has never run: 'python manage.py sync {sync}' runs it now.",
    "partial": "{sync} was brought in partly: 'python manage.py runs show {run}' and "
    "'python manage.py rejects list --sync {sync}' tell what is missing.",
}
"""What to do about each state that does not pass by itself."""


def advice(item: SyncStatus, *, since: str) -> str | None:
    """One sentence, None where there is nothing to do; ``since`` is the last success in words."""
    if item.state == "not_configured":
        return SYNCS[item.sync].source.advice
    sentence = ADVICE.get(item.state)
    if sentence is None:
        return None
    run = item.last_run
    return sentence.format(
        sync=item.sync,
        since=since,
        approve=item.approve,
        run=run.id if run else "",
        reason=(item.error or "its last run tells why").rstrip("."),
    )
