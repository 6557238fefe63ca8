"""A dry run: what a sync would do, without writing, without a lease, without a trace.

What only the database can refuse it cannot foresee, and a record that comes on two pages counts
twice: memory stays flat because no list of keys is kept.
"""

from __future__ import annotations

from dataclasses import replace

from connectors.connector import Connector
from core.document import Json
from db.records import links
from db.records.plan import Change, Plan
from db.records.stored import compare as compare_page
from db.session import reading
from db.work import states
from syncs.declaration import AnySync
from syncs.options import Options
from syncs.running import asking, lost
from syncs.running.deletions import beyond_brake
from syncs.running.pages import look, open_page
from syncs.running.progress import Progress
from syncs.running.received import receive
from syncs.running.walk import Watch, unwatched

MOST_DIFFERENCES = 20
NO_RUN = 2**62
"""The id of a run that will never be: no record counts as seen by it already."""


def compare(
    sync: AnySync, options: Options, *, watch: Watch = unwatched, source: Connector | None = None
) -> Json:
    """What a run would count now, with the first differences; of ``source``, if one is given."""
    progress, differences, met = Progress(), list[Json](), 0
    with reading() as session:
        since = asking.since(session, sync, options)
    for page in sync.pages(source or sync.source.open(), options, since=since):
        received = receive(sync, page.payloads)
        with reading() as session:
            work = open_page(session, sync, received, look(session, sync, NO_RUN, options))
            records, known = work.found, work.known
            plan = compare_page(session, sync.kind, records.rows, known, work.context, write=False)
        plan.unchanged += records.same
        plan.warnings += records.warnings
        plan.duplicates += records.drop_refusals({row.external_id for row in records.rows})
        refusals = records.refusals
        refused = {refusal.external_id for refusal in refusals}
        seen = [*plan.unchanged, *(change.link for change in plan.updated)]
        seen += [link for key, link in known.items() if key in refused or key in plan.older]
        # What was never seen is a placeholder, which does not count as living either.
        met += sum(not link.gone and link.seen_run is not None for link in seen)
        differences += _differences(sync, plan)[: MOST_DIFFERENCES - len(differences)]
        progress = progress.after(sync, page, plan, refusals, again=0)
        watch(progress)
    sees_all = since is None and not sync.filtered(options)
    whole = sync.complete and sees_all
    if whole and progress.agrees and not progress.first_empty and not progress.nameless:
        progress = replace(progress, deleted=max(0, _living(sync) - met))
    emptied = whole and progress.first_empty and _living(sync) > 0
    gone = lost.fields(sync, _met_before(sync), progress) if sees_all else ()
    if gone:
        progress = replace(progress, warnings=(lost.remark(gone), *progress.warnings))
    clean = progress.agrees and not progress.rejected and not emptied and not gone
    status = "succeeded" if clean else "partial"
    if progress.deleted and beyond_brake(progress.deleted, _living(sync)):
        status = "needs_approval"
    return {
        "sync": sync.name,
        "run_id": None,
        "dry_run": True,
        "status": status,
        **progress.statistics(),
        "differences": differences,
    }


def _differences(sync: AnySync, plan: Plan) -> list[Json]:
    created = [{sync.item: row.external_id, "would": "create"} for row in plan.created]
    updated = [_difference(sync, change) for change in plan.updated]
    gone = [{sync.item: change.row.external_id, "would": "delete"} for change in plan.gone]
    return created + updated + gone


def _difference(sync: AnySync, change: Change) -> Json:
    would = "return" if change.link.gone else "update"
    return {sync.item: change.row.external_id, "would": would}


def _met_before(sync: AnySync) -> list[str] | None:
    with reading() as session:
        state = states.find(session, sync.name)
        return None if state is None else state.fields


def _living(sync: AnySync) -> int:
    with reading() as session:
        nobody = look(session, sync, 0, {})
        return links.count_unseen(session, sync.kind.link, nobody)[1]
