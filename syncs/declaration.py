"""A sync, declared once: task, beat entry, command, API trigger, status and README read this."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from celery.schedules import crontab

from connectors.connector import Connector
from connectors.page import Page
from core.document import Json
from core.fields import external_id
from core.payload import Payload
from db.records.kind import Kind
from db.records.plan import Context, Row
from syncs import bookmarks
from syncs.bookmarks import Bookmark
from syncs.fields import Field
from syncs.options import PERIOD, Kinds, Options, begins, check, period
from syncs.source import Source

S = TypeVar("S", bound=Connector)
P = TypeVar("P", bound=Payload)
C = TypeVar("C", bound=Context)


@dataclass(frozen=True, kw_only=True)
class Sync(Generic[S, P, C]):
    """A movement source → store.

    ``fetch`` walks the source's pages from a query on; ``record`` types a payload, whose field
    ``key`` names it; ``row`` maps it to columns, which its ``kind`` compares and writes. ``fields``
    are those with a column: what a record means that lacks one, and whether all of them came, is
    read there. ``item`` names a record's id in ``errors_list``. ``fresh_for`` in seconds; None:
    ``SYNC_INTERVAL_SECONDS``.

    ``complete``: a walk sees everything the source has, so that what two walks miss is tombstoned.
    A run with one of ``filters`` among its options has seen a part only: it deletes nothing and
    refreshes nothing.

    ``replication_key`` is the field of a payload that grows with every change of a record, a whole
    number or an instant as ISO 8601. The bookmark is its largest value in pages that are written.
    ``fetch`` gets ``since`` and ``until`` (None: open), instants in UTC or the number that was
    reached: a run asks from ``overlap`` seconds before the bookmark on; without one, for what
    changed from the day ``begin`` on. ``sorted``: the records of all pages come in the order of
    that key, and no page's number or offset says where they go on, so that the bookmark may move
    with every page; else it moves with the last one.

    ``whole_at``: the first run from such an instant on asks for everything, bookmark or not.
    """

    name: str
    summary: str
    source: Source[S]
    fetch: Callable[..., Iterator[Page]]
    record: type[P]
    row: Callable[[P], Row]
    kind: Kind[C]
    item: str
    fields: tuple[Field, ...] = ()
    key: str = "id"
    complete: bool = False
    replication_key: str | None = None
    overlap: float = 0.0
    sorted: bool = False
    begin: date | None = None
    whole_at: crontab | None = None
    schedule: crontab | None = None
    fresh_for: float | None = None
    options: Kinds = field(default_factory=dict)
    filters: frozenset[str] = frozenset()
    aliases: tuple[str, ...] = ()

    @property
    def task(self) -> str:
        """The Celery task's name."""
        return f"sync.{self.name}"

    @property
    def setting(self) -> str:
        """The last part of this sync's own settings: ``SYNC_INTERVAL_<…>``."""
        return self.name.upper().replace(".", "_").replace("-", "_")

    @property
    def walk(self) -> str:
        """What its checkpoints say of it: of another walk nothing is resumed."""
        return f"{self.name}.{self.kind.version}"

    @property
    def known_options(self) -> Kinds:
        """Its options, with those of a period when it has a replication key."""
        return self.options if self.replication_key is None else {**self.options, **PERIOD}

    @property
    def first(self) -> Bookmark | None:
        """From where on a run without a bookmark asks; None: for everything."""
        return None if self.begin is None else begins(self.begin)

    def to_keep(self, bookmark: Bookmark, *, took: int = 0) -> Json:
        """A bookmark as the sync's state keeps it; ``took``: seconds that its walk took."""
        kept = {"version": self.kind.version, "value": bookmarks.dump(bookmark)}
        return {**kept, "took": took} if took else kept

    def bookmark(self, kept: Json | None) -> Bookmark | None:
        """The bookmark that the sync's state has; None also when another version kept it."""
        if self.replication_key is None or kept is None or kept["version"] != self.kind.version:
            return None
        return bookmarks.load(kept["value"])

    def asks_from(self, kept: Json | None) -> Bookmark | None:
        """From where on a run asks by the bookmark that is kept; None: there is none."""
        bookmark = self.bookmark(kept)
        if kept is None or bookmark is None:
            return None
        return bookmarks.back(bookmark, self.overlap + kept.get("took", 0))

    def pages(
        self,
        connector: Connector,
        given: Options,
        *,
        start: Mapping[str, str] | None = None,
        since: Bookmark | None = None,
    ) -> Iterator[Page]:
        """The source's pages from ``start`` on; with a replication key, of what changed from
        ``since`` on and before the option ``until``.
        """
        if self.replication_key is None:
            return self.fetch(connector, start=start, **given)
        own = {name: value for name, value in given.items() if name not in PERIOD}
        until = period(given).until
        return self.fetch(connector, start=start, since=since, until=until, **own)

    def latest(
        self, payloads: Sequence[object], before: Bookmark | None, now: datetime | None
    ) -> Bookmark | None:
        """The bookmark after a page of ``payloads``; ``now`` is the source's clock."""
        key = self.replication_key
        if key is None:
            return None
        keys = (each.get(key) for each in payloads if isinstance(each, dict))
        return bookmarks.latest(keys, before, now)

    def key_of(self, payload: object) -> str | None:
        """The record's id as links keep it; None when it cannot be read."""
        if not isinstance(payload, dict):
            return None
        try:
            return external_id(payload.get(self.key))
        except ValueError:
            return None

    def filtered(self, given: Options) -> bool:
        """Whether a run with these options sees a part of the source only."""
        of_period = PERIOD if self.replication_key is not None else ()
        return any(name in self.filters or name in of_period for name in given)

    def check_options(self, given: Json) -> dict[str, int | str]:
        """The options with their types; ``RefusedError`` names one that is unknown or wrong."""
        return check(self.name, self.known_options, given)


AnySync = Sync[Any, Any, Any]
