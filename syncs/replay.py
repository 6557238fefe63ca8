"""Replaying rejects: the stored payload is tried again after a fix, without asking the source."""

from __future__ import annotations

from sqlalchemy.exc import OperationalError

from core.errors import RefusedError, SkippableError
from core.payload import parse
from db import audit, links, rejects, states
from db.models import SyncRun
from db.session import writing
from syncs.pages import REFUSED, reason, sight
from syncs.received import mark
from syncs.registry import find


def replay(reject_id: int, *, who: str) -> None:
    """Write the record of a reject; ``RefusedError`` says why it is still refused.

    It counts as seen by the run that refused it. Two replays of one reject write it once.
    """
    try:
        with writing() as session:
            # The state first, as a page does, so that the two do not wait for each other.
            states.locked(session, rejects.find(session, reject_id).sync)
            reject = rejects.find(session, reject_id)
            rejects.settle(session, reject, "replayed", f"replayed by {who}")
            sync = find(reject.sync)
            row = sync.row(parse(sync.record, rejects.payload(reject)))
            run = session.get(SyncRun, reject.run_id) if reject.run_id is not None else None
            # With the options of its run: a record without a site belongs to that run's site.
            here = sight(session, sync, reject.run_id or 0, run.options if run else {})
            # No digest: the order of its fields was not kept, so the next run compares values.
            row.hash = mark(sync, here)
            known = links.known(session, sync.target.link, here.source, {row.external_id})
            plan = sync.target.compare(session, [row], known, here)
            sync.target.apply(session, plan, here)
            audit.note(session, who=who, what="reject.replay", subject=f"reject {reject_id}")
    except SkippableError as error:
        where = f" ({error.field})" if error.field else ""
        raise RefusedError(f"Reject {reject_id} is still refused{where}: {error}") from error
    except OperationalError:
        raise
    except REFUSED as error:
        raise RefusedError(
            f"Reject {reject_id}: the database refuses it ({reason(error)})."
        ) from None
