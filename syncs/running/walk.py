"""A run on its way: what it has, how it is executed, how its execution ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from connectors.connector import Connector
from connectors.page import Page
from core.document import Json
from db.work.leases import Lease
from syncs import bookmarks
from syncs.bookmarks import Bookmark
from syncs.declaration import AnySync
from syncs.options import Options
from syncs.running.progress import Progress

SLICE = 20.0
"""Seconds after which a run gives way to others that wait in its queue."""

Watch = Callable[[Progress], None]


def unwatched(progress: Progress) -> None:
    """Do nothing."""


@dataclass(frozen=True, kw_only=True)
class Execution:
    """How a run is executed: by a worker in slices, or by hand to its end.

    ``steal`` takes the lease of a holder that a person knows to be dead. ``source`` is read instead
    of the sync's own, and is the caller's to close.
    """

    slice_seconds: float | None = SLICE
    steal: bool = False
    by_hand: bool = False
    task_id: str | None = None
    source: Connector | None = None
    watch: Watch = unwatched


BY_WORKER = Execution()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How an execution ended: the run's status, and a run that should be rung for now.

    ``left``: somebody else has the run, or it is over or not due; nothing was done.
    """

    run_id: int
    status: str
    ring: int | None = None


@dataclass(kw_only=True)
class Walk:
    """A claimed run; ``progress`` is what is in the store. ``since`` is from where on the source
    is asked; None: for everything.
    """

    sync: AnySync
    connector: Connector
    lease: Lease
    options: Options
    checkpoint: Json
    progress: Progress
    execution: Execution
    started: float
    since: Bookmark | None = None

    @property
    def sees_all(self) -> bool:
        """Whether the walk asks for everything that the source has."""
        return self.since is None and not self.sync.filtered(self.options)

    @property
    def whole(self) -> bool:
        """Whether what the walk does not meet is gone from the source."""
        return self.sync.complete and self.sees_all

    def pages(self, connector: Connector, *, start: Mapping[str, str] | None) -> Iterator[Page]:
        """The source's pages from ``start`` on."""
        return self.sync.pages(connector, self.options, start=start, since=self.since)

    @property
    def anew(self) -> bool:
        """Whether the walk asks as the first one did, whatever the bookmark."""
        return self.since == self.sync.first and not self.sync.filtered(self.options)

    def moves_bookmark(self, page: Page, progress: Progress) -> bool:
        """Whether ``page``, after which the counts are ``progress``, moves the bookmark: the last
        one, when the counts agree, or each one of a sorted walk.
        """
        if progress.bookmark is None or self.sync.filtered(self.options):
            return False
        return self.sync.sorted or (page.next_query is None and progress.agrees)

    def checkpoint_after(self, query: Mapping[str, str] | None, progress: Progress) -> Json:
        """Where to go on: at the page of ``query``; without one every page is written."""
        checkpoint: Json = {"walk": self.sync.walk, "phase": "walked"}
        if query:
            checkpoint |= {"phase": "walk", "query": query}
        for name, value in (("since", self.since), ("bookmark", progress.bookmark)):
            if value is not None:
                checkpoint[name] = bookmarks.dump(value)
        if progress.now is not None:
            checkpoint["now"] = bookmarks.dump(progress.now)
        if progress.fields is not None and self.sync.fields:
            checkpoint["fields"] = sorted(progress.fields)
        return checkpoint

    @property
    def slice_is_over(self) -> bool:
        """Whether others should have their turn."""
        limit = self.execution.slice_seconds
        return limit is not None and time.monotonic() - self.started >= limit
