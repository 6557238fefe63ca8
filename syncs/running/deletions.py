"""What the source no longer has: missed by two walks, and never more than the brake allows.

Walking pages by number skips records when something is deleted behind the cursor, and the counts
may still agree. So what one complete walk did not meet is looked for in a second, uninterrupted
walk that reads keys only, and only what both miss is gone.
"""

from __future__ import annotations

import time
from typing import Literal

from core.errors import RetriableError
from core.logs import get_logger
from core.settings import settings
from db.records import links
from db.session import reading, writing
from db.work import claims, leases
from syncs.running.pages import look
from syncs.running.walk import Walk

log = get_logger(__name__)

Deletions = Literal["none", "tombstone", "needs_approval", "empty", "undecided", "cancel"]

LONGEST = 600.0
"""Seconds a worker's second walk may take: it is not resumed, and a task is ended after 840."""
PATIENT_TRIES = 3
"""A second walk that failed so often leaves the deletions to the next run."""


def decide_deletions(walk: Walk) -> Deletions:
    """What may become of the records this run has not met."""
    if _sent_nothing(walk):
        return "empty"
    if not may_delete(walk) or not _unseen(walk)[0]:
        return "none"
    verdict = _patient_walk(walk)
    if verdict != "tombstone":
        return verdict
    missing, living = _unseen(walk)
    if not missing:
        return "none"
    if beyond_brake(missing, living):
        log.warning("run.brake", sync=walk.sync.name, missing=missing, living=living)
        return "needs_approval"
    return "tombstone"


def beyond_brake(missing: int, living: int) -> bool:
    """Whether so many deletions need a person's approval."""
    return missing * 100 > living * settings().sync_delete_brake_percent


def may_delete(walk: Walk) -> bool:
    """Whether the walk saw everything: only then are records gone that it did not meet."""
    progress = walk.progress
    return walk.whole and progress.agrees and not progress.nameless and not progress.first_empty


def _sent_nothing(walk: Walk) -> bool:
    """An empty catalogue where there was one: more likely the source's fault than the truth."""
    return walk.whole and walk.progress.first_empty and _unseen(walk)[1] > 0


def _unseen(walk: Walk) -> tuple[int, int]:
    with reading() as session:
        context = look(session, walk.sync, walk.lease.run_id, walk.options)
        return links.count_unseen(session, walk.sync.kind.link, context)


def _patient_walk(walk: Walk) -> Deletions:
    try:
        return _second_walk(walk)
    except claims.LeaseLost:
        raise
    except RetriableError:
        # Every page is in the store: a second walk that fails need not fail the run.
        if walk.lease.failures < PATIENT_TRIES:
            raise
        return "undecided"


def _second_walk(walk: Walk) -> Deletions:
    """Read the keys of every page once more; ``undecided`` when the source moved meanwhile."""
    link, fetched, counts = walk.sync.kind.link, 0, set()
    # The source itself, though the first walk read a file: one answer read twice is one look.
    for page in walk.pages(walk.connector.live, start=None):
        keys = {key for key in map(walk.sync.key_of, page.payloads) if key is not None}
        with reading() as session:
            context = look(session, walk.sync, walk.lease.run_id, walk.options)
            unseen = links.unseen_among(session, link, keys, context)
        with writing() as session:
            cancelled = leases.beat(session, walk.lease)
            links.see(session, link, unseen, context)
        if cancelled:
            return "cancel"
        if not walk.execution.by_hand and time.monotonic() - walk.started > LONGEST:
            return "undecided"
        fetched += len(page.payloads)
        counts.add(page.count)
    same = fetched == walk.progress.fetched and counts == {walk.progress.last}
    return "tombstone" if same else "undecided"
