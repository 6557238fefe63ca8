"""What the source no longer has: found by two walks, and never more than the brake allows.

Walking pages by number skips records when something is deleted behind the cursor, and the counts
may still agree. So what one complete walk did not meet is looked for in a second, uninterrupted
walk that reads keys only, and only what both miss is gone.
"""

from __future__ import annotations

from typing import Literal

from core.logs import get_logger
from core.settings import settings
from db import leases, links
from db.session import reading, writing
from syncs.declaration import Policy
from syncs.pages import sight
from syncs.walk import Walk

log = get_logger(__name__)

Deletions = Literal["none", "bury", "needs_approval", "undecided", "cancel"]


def decide_deletions(walk: Walk) -> Deletions:
    """What may become of the records this run has not met."""
    if not may_delete(walk):
        return "none"
    if not _unseen(walk)[0]:
        return "none"
    verdict = _second_walk(walk)
    if verdict != "bury":
        return verdict
    missing, living = _unseen(walk)
    if not missing:
        return "none"
    if missing * 100 > living * settings().sync_delete_brake_percent:
        log.warning("run.brake", sync=walk.sync.name, missing=missing, living=living)
        return "needs_approval"
    return "bury"


def may_delete(walk: Walk) -> bool:
    """Only a complete look at everything can say that something is missing."""
    progress = walk.progress
    return (
        walk.sync.policy is Policy.MIRROR
        and not walk.sync.filtered(walk.options)
        and progress.agrees
        and not progress.nameless
        and not progress.first_empty
    )


def _unseen(walk: Walk) -> tuple[int, int]:
    with reading() as session:
        here = sight(session, walk.sync, walk.lease.run_id, walk.options)
        return links.count_unseen(session, walk.sync.target.link, here)


def _second_walk(walk: Walk) -> Deletions:
    """Read the keys of every page once more; ``undecided`` when the source moved meanwhile."""
    fetched, told = 0, set()
    for page in walk.sync.fetch(walk.connector, start=None, **walk.options):
        keys = {key for key in map(walk.sync.key_of, page.payloads) if key is not None}
        with reading() as session:
            here = sight(session, walk.sync, walk.lease.run_id, walk.options)
            found = links.unseen_among(session, walk.sync.target.link, keys, here)
        with writing() as session:
            links.see(session, walk.sync.target.link, found, here)
            if leases.beat(session, walk.lease):
                return "cancel"
        fetched += len(page.payloads)
        told.add(page.count)
    same = fetched == walk.progress.fetched and told == {walk.progress.last}
    return "bury" if same else "undecided"
