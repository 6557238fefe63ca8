"""Fields that a source no longer sends: a complete walk met them, and this one meets none.

What is known of them stays, so the shop sells on; but nothing of them is kept in step any more,
and a person must know.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy.orm import Session

from db.models import SyncRun
from db.work import states
from syncs.declaration import AnySync
from syncs.fields import Field
from syncs.running.progress import Progress
from syncs.running.walk import Walk

REMEDY = (
    ", which the last complete run met: what is known of it stays as it is. Look at the source; if "
    "it is meant so, approve the run."
)


def fields(sync: AnySync, before: Collection[str] | None, progress: Progress) -> Sequence[Field]:
    """Those that complete walks ``before`` have met, and no record of this one has.

    None of a walk that met no record, nor of one that an older version of our code began.
    """
    if before is None or progress.fields is None or not progress.fetched:
        return ()
    gone = set(before) - progress.fields
    return [field for field in sync.fields if field.column in gone]


def note(session: Session, walk: Walk) -> Sequence[Field]:
    """The fields that this complete walk has lost; what it has met is remembered. A lost one
    stays remembered until it comes back or a person approves.
    """
    progress = walk.progress
    if not walk.sees_all or progress.fields is None or not progress.fetched:
        return ()
    state = states.locked(session, walk.sync.name)
    lost = fields(walk.sync, state.fields, progress)
    state.fields = sorted(progress.fields.union(state.fields or ()))
    session.flush()
    return lost


def accept(session: Session, sync: AnySync, run: SyncRun) -> list[str]:
    """Forget the fields that the run has lost: which ones, by their columns."""
    state, met = states.locked(session, sync.name), (run.checkpoint or {}).get("fields")
    if met is None:
        return []
    gone = sorted(set(state.fields or ()) - set(met))
    state.fields = met
    session.flush()
    return gone


def remark(lost: Sequence[Field]) -> str:
    """What a run says of them."""
    names = ", ".join(field.printed for field in lost)
    return f"No record has {names}{REMEDY}"


def is_remark(warning: str) -> bool:
    """Whether a run's warning is that it lost fields."""
    return warning.endswith(REMEDY)
