"""A vendor's feeds, read: what a family can do as soon as a vendor has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from connectors.connector import Connector
from connectors.errors import AnswerError
from connectors.families import periods
from connectors.families.feeds import AnyFeed, Feed
from connectors.families.periods import Moment
from connectors.families.sales import Status, Transaction
from core.errors import SkippableError
from core.payload import Payload, parse

C = TypeVar("C", bound=Connector)
P = TypeVar("P", bound=Payload)
T = TypeVar("T")


@dataclass(frozen=True)
class Wanted:
    """Transactions of a period. ``zones`` are the locations' own, needed where a day is asked."""

    start: Moment
    end: Moment
    status: Status | None
    location: str | None
    zones: Mapping[str, str]

    @property
    def since(self) -> datetime:
        """When the period begins first, wherever a day begins."""
        return min(periods.instant(self.start, zone) for zone in self.zones.values() or ["UTC"])

    def has(self, transaction: Transaction) -> bool:
        """Whether it is asked for: it counts by when it closed, or opened while it is open."""
        if self.status not in {None, transaction.status}:
            return False
        if self.location not in {None, transaction.location}:
            return False
        zone = self.zones.get(transaction.location, "UTC")
        at = (transaction.closed_at or transaction.opened_at).astimezone(UTC)
        return periods.instant(self.start, zone) <= at < periods.instant(self.end, zone)


def transactions(connector: Connector, feed: AnyFeed, wanted: Wanted) -> Iterator[Transaction]:
    """What is wanted, in the vendor's order: what closed since then has changed since then."""
    yield from filter(wanted.has, values(connector, feed, since=wanted.since))


def values(connector: C, feed: Feed[C, P, T], *, since: Moment | None = None) -> Iterator[T]:
    """Each record that changed since then, or each; one page in memory.

    Raises ``connectors.errors``; ``AnswerError`` for a record that cannot be read, by its id.
    """
    for page in feed.pages(connector, since=since):
        for payload in page.payloads:
            yield value(feed, payload)


def value(feed: Feed[C, P, T], payload: object) -> T:
    """The record in our words. Raises ``AnswerError``."""

    def made(raw: object) -> T:
        return feed.read(parse(feed.record, raw))

    return read(feed.record.__name__, made, payload)


def read(path: str, read: Callable[[object], T], raw: object) -> T:
    """What ``read`` makes of ``raw``; ``AnswerError``, which names the record, when it cannot."""
    try:
        return read(raw)
    except SkippableError as error:
        ident = raw.get("id") if isinstance(raw, dict) else None
        which = f" {ident}" if isinstance(ident, str) and ident.isalnum() else ""
        raise AnswerError(f"{path}: a record{which} cannot be read: {error}") from error
