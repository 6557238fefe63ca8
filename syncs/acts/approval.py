"""A person's word: the deletions of a run that hit the brake may happen."""

from __future__ import annotations

from sqlalchemy.orm import Session

from core.errors import RefusedError
from db.access import audit
from db.models import SyncRun
from db.session import writing
from db.work import runs, states
from syncs.declaration import AnySync
from syncs.registry import find
from syncs.running import ending


def approve(run_id: int, *, who: str, why: str | None = None) -> int:
    """Tombstone what the run did not find; how many records that were.

    ``RefusedError`` when the run does not wait for it, or a newer run knows better.
    """
    with writing() as session:
        sync = find(runs.find(session, run_id).sync)
        # From here on no newer run can end: what is decided holds.
        states.locked(session, sync.name)
        newer = _newer(session, sync, runs.find(session, run_id))
        if newer is not None:
            raise RefusedError(
                f"Run {newer.id} looked at everything after run {run_id}; it decides now: "
                f"'python manage.py runs show {newer.id}'."
            )
        deleted = ending.approve(session, sync, run_id)
        audit.note(
            session, who=who, what="run.approve", subject=f"run {run_id}", why=why, deleted=deleted
        )
    return deleted


def _newer(session: Session, sync: AnySync, run: SyncRun) -> SyncRun | None:
    """The newest run after ``run`` that saw everything."""
    later = runs.ended_after(session, run, ("succeeded", "needs_approval"))
    return next((other for other in later if not sync.filtered(other.options)), None)
