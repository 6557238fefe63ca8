"""A sync, declared once: task, beat entry, command, API trigger, status and README read this."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from celery.schedules import crontab

from connectors.page import Page
from core.errors import RefusedError
from core.fields import external_id
from core.payload import Payload
from db.records.plan import Row, Target
from syncs.source import C, Source

P = TypeVar("P", bound=Payload)
R = TypeVar("R", bound=Row)

LARGEST = 10**18
"""Of an option: as a number of ours, it must fit a database's column."""

Options = Mapping[str, int | str]


class Policy(StrEnum):
    """What a record that the store knows already, or that its source lost, does to the store."""

    UPSERT = "upsert"
    CREATE_ONLY = "create_only"
    MIRROR = "mirror"
    """As upsert, and what the source no longer has is tombstoned."""


@dataclass(frozen=True, kw_only=True)
class Sync(Generic[C, P, R]):
    """A movement source → store.

    ``fetch`` walks the source's pages from a query on; ``record`` types a payload, whose field
    ``key`` names it; ``row`` maps it to columns; ``target`` compares and writes. ``item`` names a
    record's id in ``errors_list``. ``fresh_for`` in seconds; None: ``SYNC_INTERVAL_SECONDS``.
    A run with one of ``filters`` among its options has seen a part only: it deletes nothing and
    refreshes nothing.
    """

    name: str
    summary: str
    source: Source[C]
    fetch: Callable[..., Iterator[Page]]
    record: type[P]
    row: Callable[[P], R]
    target: Target[R]
    policy: Policy
    item: str
    key: str = "id"
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

    def check_options(self, given: Mapping[str, Any]) -> dict[str, int | str]:
        """The options with their types; ``RefusedError`` names one that is unknown or wrong."""
        found: dict[str, int | str] = {}
        for name, value in given.items():
            kind = self.options.get(name)
            if kind is None:
                known = ", ".join(self.options) or "none"
                raise RefusedError(f"{self.name} has no option {name!r}; it knows: {known}.")
            if value is None:
                continue
            try:
                found[name] = _whole(value) if kind is int else kind(value)
            except (TypeError, ValueError) as error:
                expected = f"integer from 0 to {LARGEST}" if kind is int else "text"
                raise RefusedError(f"{name}: {expected} expected.") from error
        return found


def _whole(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError
    number = int(value)
    if not 0 <= number <= LARGEST:
        raise ValueError
    return number


AnySync = Sync[Any, Any, Any]
