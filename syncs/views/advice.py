"""Why a sync needs a person, as one sentence a state; each interface adds the remedy."""

from __future__ import annotations

from core.advice import Advised, Sentence
from syncs.registry import SYNCS
from syncs.views.status import SyncStatus

FACTS = {
    "paused": "{sync} is paused.",
    "needs_approval": "{sync} would delete more than the brake allows.",
    "failing": "{sync} fails: {reason}.",
    "late": "{sync} is late (last complete run: {since}).",
    "never_run": "{sync} has never run.",
    "partial": "{sync} was brought in partly.",
}
"""Of each state that does not pass by itself."""


def advice(item: SyncStatus, *, since: str) -> Sentence | None:
    """What is the matter, with ``sync`` and its state as the advice; None where there is nothing to
    do. ``since`` is the last success in words.
    """
    if item.state == "not_configured":
        return SYNCS[item.sync].source.advice
    fact = FACTS.get(item.state)
    if fact is None:
        return None
    names = {
        "sync": item.sync,
        "since": since,
        "approve": item.approve,
        "run": item.last_run.id if item.last_run else "",
        "reason": (item.error or "its last run tells why").rstrip("."),
    }
    return Advised(fact.format(**names), f"sync {item.state}", names)
