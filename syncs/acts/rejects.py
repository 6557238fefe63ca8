"""Rejects: replay what was received after a fix, without asking the source; discard the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from core.errors import RefusedError, SkippableError
from db.models import Reject, SyncRun
from db.records import links
from db.records.stored import compare
from db.records.write import apply
from db.session import writing
from db.work import rejects, states
from syncs.acts.by import By
from syncs.fields import Absences
from syncs.registry import find
from syncs.running.pages import look, reason
from syncs.running.received import mark, read
from syncs.sales import replay as sales
from syncs.sales.refused import NAME
from syncs.trying import REFUSED


def replay(reject_id: int, *, number: str | None = None, by: By) -> None:
    """Write the record, or sell the sale, of a reject; ``RefusedError`` when it is refused
    again, ``NotFoundError`` when there is none.

    ``number``: what to sell the sale under, because its own is another sale's. A record counts as
    seen by the run that refused it. Two replays of one reject write it once.
    """
    with refusing(reject_id), writing() as session:
        write_again(session, reject_id, by.who, number)
        details = {} if number is None else {"number": number}
        by.note(session, "reject.replay", f"reject {reject_id}", **details)


@contextmanager
def refusing(reject_id: int) -> Iterator[None]:
    """Whatever refuses the record in here is a ``RefusedError`` that names it."""
    try:
        yield
    except SkippableError as error:
        where = f" ({error.field})" if error.field else ""
        raise RefusedError(f"Reject {reject_id} is still refused{where}: {error}") from error
    except OperationalError:
        raise
    except REFUSED as error:
        raise RefusedError(
            f"Reject {reject_id}: the database refuses it ({reason(error)})."
        ) from None


def write_again(session: Session, reject_id: int, who: str, number: str | None = None) -> None:
    """Write the record, or sell the sale (under ``number``), of the reject, and close it, in this
    transaction; raises whatever refuses it.
    """
    reject = rejects.find(session, reject_id)
    if reject.sync == NAME:
        sales.replay(session, reject, who, number)
    elif number is not None:
        raise RefusedError(f"Reject {reject_id} is no sale; only a sale has a number.")
    else:
        _record(session, reject, who)


def discard(reject_ids: Iterable[int], *, by: By) -> None:
    """Close records that nobody wants; all of them or, when one cannot be, none.

    ``RefusedError`` when one is closed already, ``NotFoundError`` when there is none.
    """
    assert by.why is not None
    with writing() as session:
        # In one order: whoever else settles or renews them takes them so too.
        for ident in sorted(set(reject_ids)):
            rejects.settle(session, rejects.find(session, ident), "discarded", by.why)
            by.note(session, "reject.discard", f"reject {ident}")


def _record(session: Session, reject: Reject, who: str) -> None:
    # The state first, as a page does, so that the two do not wait for each other.
    states.locked(session, reject.sync)
    rejects.settle(session, reject, "replayed", f"replayed by {who}")
    sync = find(reject.sync)
    payload = rejects.payload(reject)
    run = session.get(SyncRun, reject.run_id) if reject.run_id is not None else None
    # With the options of its run: a record without a site belongs to that run's site.
    context = look(session, sync, reject.run_id or 0, run.options if run else {})
    key = sync.key_of(payload)
    known = links.known(session, sync.kind, context.source, {key} if key is not None else ())
    row = read(sync, payload, known, Absences(sync.fields))
    # No digest: the order of its fields was not kept, so the next run compares values.
    row.hash = mark(sync, context)
    if sync.kind.erases and any(link.gone for link in known.values()):
        raise RefusedError(
            f"Reject {reject.id} is of somebody whom the source had forgotten, and so have we: "
            "nobody is brought back from what was kept. If the source sends the record again, the "
            "next run writes it."
        )
    apply(session, sync.kind, compare(session, sync.kind, [row], known, context), context)
