"""Syncs that were brought in a while ago, and the runs that came of looking at them."""

from collections import Counter

from db.models import SyncRun
from db.session import reading, writing
from db.types import db_now
from db.work import states
from syncs.sources.catalogue import CATEGORIES, PRODUCTS

BOTH = (CATEGORIES, PRODUCTS)


def synced(*, hours_ago: float) -> None:
    """Both were brought in so long ago."""
    for sync in BOTH:
        with writing() as session:
            states.locked(session, sync.name).last_success_at = db_now(-hours_ago * 3600)


def runs() -> Counter[str]:
    with reading() as session:
        return Counter(row.sync for row in session.query(SyncRun))
