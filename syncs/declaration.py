"""A sync, declared once: task, beat entry, command, API trigger, status and README read this."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from celery.schedules import crontab

from connectors.connector import Connector
from connectors.page import Page
from core.document import Json
from core.errors import RefusedError
from core.fields import external_id
from core.payload import Payload
from db.records.kind import Kind
from db.records.plan import Context, Row
from syncs.fields import Field
from syncs.source import Source

S = TypeVar("S", bound=Connector)
P = TypeVar("P", bound=Payload)
C = TypeVar("C", bound=Context)

LARGEST = 10**18
"""Of an option: as a number of ours, it must fit a database's column."""

Options = Mapping[str, int | str]

Bookmark = int | str
"""The largest replication key of a complete walk; texts must sort in the order of changes."""


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

    ``replication_key`` is the field of a payload that grows with every change of a record. After
    a complete walk ``fetch`` gets its largest value, the bookmark, as ``since``, and the run takes
    what changed since then.
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
    schedule: crontab | None = None
    fresh_for: float | None = None
    options: Mapping[str, type[int | str]] = field(default_factory=dict)
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

    def walk(self, since: Bookmark | None) -> str:
        """The name of a walk, which its checkpoints carry: of another one nothing is resumed."""
        name = f"{self.name}.{self.kind.version}"
        return name if since is None else f"{name} since {since}"

    def bookmark(self, value: Bookmark) -> Json:
        """A bookmark as the sync's state keeps it."""
        return {"version": self.kind.version, "value": value}

    def since(self, kept: Json | None) -> Bookmark | None:
        """From where on to ask, by the bookmark that is ``kept``; None: for everything, as when
        another version kept it.
        """
        if self.replication_key is None or kept is None or kept["version"] != self.kind.version:
            return None
        value: Bookmark = kept["value"]
        return value

    def pages(
        self,
        connector: Connector,
        options: Options,
        *,
        start: Mapping[str, str] | None = None,
        since: Bookmark | None = None,
    ) -> Iterator[Page]:
        """The source's pages from ``start`` on; with a replication key, of what changed since."""
        asked = {"since": since} if self.replication_key is not None else {}
        return self.fetch(connector, start=start, **options, **asked)

    def latest(self, payloads: Sequence[object], before: Bookmark | None) -> Bookmark | None:
        """The largest replication key of ``payloads``, or what was the largest ``before``."""
        if self.replication_key is None:
            return None
        values = [each.get(self.replication_key) for each in payloads if isinstance(each, dict)]
        keys = [key for key in (*values, before) if type(key) in (int, str)]
        # Were a source to mix them, the texts would count.
        return max(keys, key=lambda key: (isinstance(key, str), key), default=None)

    def key_of(self, payload: object) -> str | None:
        """The record's id as links keep it; None when it cannot be read."""
        if not isinstance(payload, dict):
            return None
        try:
            return external_id(payload.get(self.key))
        except ValueError:
            return None

    def filtered(self, options: Options) -> bool:
        """Whether a run with ``options`` sees a part of the source only."""
        return any(name in self.filters for name in options)

    def check_options(self, given: Json) -> dict[str, int | str]:
        """The options with their types; ``RefusedError`` names one that is unknown or wrong."""
        options: dict[str, int | str] = {}
        for name, value in given.items():
            kind = self.options.get(name)
            if kind is None:
                known = ", ".join(self.options) or "none"
                raise RefusedError(f"{self.name} has no option {name!r}; it knows: {known}.")
            if value is None:
                continue
            try:
                options[name] = _whole(value) if kind is int else kind(value)
            except (TypeError, ValueError) as error:
                expected = f"integer from 0 to {LARGEST}" if kind is int else "text"
                raise RefusedError(f"{name}: {expected} expected.") from error
        return options


def _whole(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError
    number = int(value)
    if not 0 <= number <= LARGEST:
        raise ValueError
    return number


AnySync = Sync[Any, Any, Any]
