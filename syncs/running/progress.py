"""How far a run has come: exact counts, kept with its checkpoint, added up page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from connectors.page import Page
from core.document import Json
from db.models import SyncRun
from db.records.plan import Plan
from db.work.rejects import Refusal
from syncs import bookmarks
from syncs.bookmarks import Bookmark
from syncs.declaration import AnySync
from syncs.fields import met

MOST_ERRORS = 100
"""So many refused records are listed on the run; every one of them is kept as a reject."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Counts of one walk. created + updated + unchanged + rejected + duplicate = fetched, but for
    records that say that they are deleted: they are among the deleted, or unchanged.

    ``first`` and ``last`` are the source's own count on its first and newest page, None where it
    sends none; ``nameless`` counts rejects whose id could not be read. ``bookmark`` is the largest
    replication key among the pages that were written, and ``now`` the source's clock on the first
    of them. ``fields`` are those that a record had, by
    their columns; None when an older version of our code began the walk and counted none.
    """

    fetched: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    rejected: int = 0
    duplicate: int = 0
    pages: int = 0
    nameless: int = 0
    first: int | None = None
    last: int | None = None
    first_empty: bool = False
    errors_list: tuple[Json, ...] = ()
    warnings: tuple[str, ...] = field(default=())
    bookmark: Bookmark | None = None
    now: datetime | None = None
    fields: frozenset[str] | None = frozenset()

    @property
    def total(self) -> int:
        """Distinct records met, refused ones included."""
        return self.fetched - self.duplicate

    @property
    def agrees(self) -> bool:
        """Whether the source's own counts equal the records met."""
        return all(count is None or count == self.total for count in (self.first, self.last))

    def after(
        self, sync: AnySync, page: Page, plan: Plan, refusals: Sequence[Refusal], *, again: int
    ) -> Progress:
        """The counts with one more page; ``again`` refusals were counted earlier in this run."""
        did, now = plan.counts(), page.now if self.pages == 0 else self.now
        listed = [
            {sync.item: refusal.external_id, "error": refusal.message, "code": refusal.code,
             "field": refusal.field}
            for refusal in refusals[: MOST_ERRORS - len(self.errors_list)]
        ]  # fmt: skip
        return replace(
            self,
            fetched=self.fetched + len(page.payloads),
            created=self.created + did["created"],
            updated=self.updated + did["updated"],
            unchanged=self.unchanged + did["unchanged"],
            deleted=self.deleted + did["deleted"],
            duplicate=self.duplicate + did["duplicate"] + again,
            rejected=self.rejected + len(refusals) - again,
            nameless=self.nameless + sum(refusal.external_id is None for refusal in refusals),
            pages=self.pages + 1,
            first=page.count if self.pages == 0 else self.first,
            last=page.count,
            first_empty=not page.payloads if self.pages == 0 else self.first_empty,
            errors_list=(*self.errors_list, *listed) if listed else self.errors_list,
            warnings=self.warn(plan.warnings),
            bookmark=sync.latest(page.payloads, self.bookmark, now),
            now=now,
            fields=self._met(sync, page),
        )

    def _met(self, sync: AnySync, page: Page) -> frozenset[str] | None:
        """The fields of one more page; as a rule its first record has all that were missing."""
        if self.fields is None:
            return None
        missing = [field for field in sync.fields if field.column not in self.fields]
        return self.fields | met(missing, page.payloads) if missing else self.fields

    def warn(self, news: Sequence[str]) -> tuple[str, ...]:
        """The warnings with new ones; no sentence twice, and no more than a person can read."""
        fresh = [text for text in dict.fromkeys(news) if text not in self.warnings]
        return (*self.warnings, *fresh)[:MOST_ERRORS] if fresh else self.warnings

    def statistics(self) -> Json:
        """The counts in the guide's words (total, created, updated, errors) and our finer ones."""
        return {
            "total": self.total,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "deleted": self.deleted,
            "errors": self.rejected,
            "duplicates": self.duplicate,
            "fetched": self.fetched,
            "pages": self.pages,
            "errors_list": list(self.errors_list),
            "warnings": list(self.warnings),
        }

    def columns(self, before: Progress | None = None) -> Json:
        """The columns of the run's row; the lists only when they are not as ``before``."""
        columns: Json = {"counts": {name: getattr(self, name) for name in COUNTS}}
        if before is None or before.errors_list is not self.errors_list:
            columns["errors_list"] = list(self.errors_list)
        if before is None or before.warnings is not self.warnings:
            columns["warnings"] = list(self.warnings)
        return columns


COUNTS = (
    "fetched", "created", "updated", "unchanged", "deleted", "rejected", "duplicate", "pages",
    "nameless", "first", "last", "first_empty",
)  # fmt: skip


def restore(run: SyncRun, bookmark: Bookmark | None = None) -> Progress:
    """The counts a run had at its checkpoint; fresh ones for a run that begins at ``bookmark``."""
    if run.checkpoint is None:
        return Progress(bookmark=bookmark)
    fields = run.checkpoint.get("fields")
    return Progress(
        # A count that this version has and the run's did not begins at its default.
        **{name: run.counts[name] for name in COUNTS if name in run.counts},
        errors_list=tuple(run.errors_list),
        warnings=tuple(run.warnings),
        bookmark=bookmarks.load(run.checkpoint.get("bookmark")),
        now=bookmarks.instant(run.checkpoint.get("now")),
        fields=None if fields is None else frozenset(fields),
    )
