"""A run on its way: what it has, how it is executed, how its execution ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from connectors.connector import Connector
from connectors.page import Page
from core.document import Json
from db.work.leases import Lease
from syncs.declaration import AnySync, Bookmark, Options
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
    """A claimed run; ``progress`` is what is in the store. ``since`` is the bookmark from which on
    the source is asked; None: for everything.
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

    def checkpoint_after(self, query: Mapping[str, str] | None, progress: Progress) -> Json:
        """Where to go on: at the page of ``query``; without one every page is written."""
        checkpoint: Json = {"walk": self.sync.walk(self.since), "phase": "walked"}
        if query:
            checkpoint |= {"phase": "walk", "query": query}
        if progress.bookmark is not None:
            checkpoint["bookmark"] = progress.bookmark
        if progress.fields is not None and self.sync.fields:
            checkpoint["fields"] = sorted(progress.fields)
        return checkpoint

    @property
    def slice_is_over(self) -> bool:
        """Whether others should have their turn."""
        limit = self.execution.slice_seconds
        return limit is not None and time.monotonic() - self.started >= limit
