"""From where on a run asks its source: decided when it begins, then kept in its checkpoint."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.settings import settings
from db import bulk
from db.models import SyncRun, SyncState
from db.work import states
from syncs import bookmarks
from syncs.bookmarks import Bookmark
from syncs.crontabs import latest
from syncs.declaration import AnySync
from syncs.options import Options, period


def of_run(session: Session, sync: AnySync, run: SyncRun) -> Bookmark | None:
    """From where on ``run`` asks; None: for everything."""
    if run.checkpoint is None:
        return since(session, sync, run.options)
    return bookmarks.load(run.checkpoint.get("since"))


def since(session: Session, sync: AnySync, options: Options) -> Bookmark | None:
    """From where on a run asks that begins now; None: for everything."""
    if sync.replication_key is None:
        return None
    asked = period(options)
    if asked != (None, None):
        return asked.since or sync.first
    state = states.find(session, sync.name)
    if state is None or (not sync.filtered(options) and _whole_is_due(session, sync, state)):
        return sync.first
    asks_from = sync.asks_from(state.bookmark)
    return sync.first if asks_from is None else asks_from


def bookmark(session: Session, sync: AnySync) -> Bookmark | None:
    """How far the runs so far have read the source."""
    state = states.find(session, sync.name)
    return sync.bookmark(state.bookmark) if state else None


def _whole_is_due(session: Session, sync: AnySync, state: SyncState) -> bool:
    """Whether an instant of ``whole_at`` has come since the last run that asked for everything."""
    if sync.whole_at is None:
        return False
    slot = latest(sync.whole_at, bulk.now(session), ZoneInfo(settings().timezone))
    last = state.last_whole_at
    return slot is not None and (last is None or last < slot.at)
