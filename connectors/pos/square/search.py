"""Orders by instant, page by page, also when a page's cursor has expired."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from connectors.errors import PaginationError, RequestError
from connectors.families import Transaction
from connectors.http import pages
from connectors.http.cursors import Cursors
from connectors.page import Page
from connectors.pos.square.wire import listed

PATH = "v2/orders/search"
MOST_LOCATIONS = 10
PAGE_SIZE = 500
EXPIRED = "INVALID_CURSOR"

Ask = Callable[[str, object], object]
"""The answer to a body posted to a path."""

By = Literal["created_at", "updated_at", "closed_at"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """Orders of up to ten ``locations`` in these ``states``, by one of their instants: from
    ``start`` on and before ``end``, both in UTC.
    """

    locations: tuple[str, ...]
    states: tuple[str, ...]
    by: By
    start: datetime
    end: datetime

    def has(self, sold: Transaction) -> bool:
        """Whether ``sold`` is in the period, whose start is in it and whose end is not.

        Square does not say whether it includes them itself.
        """
        at = {
            "created_at": sold.opened_at,
            "updated_at": sold.modified_at,
            "closed_at": sold.closed_at,
        }[self.by]
        return at is None or self.start <= at < self.end

    def body(self, *, start: str, cursor: str | None) -> dict[str, object]:
        """The request for a page of those from ``start`` on."""
        asked: dict[str, object] = {
            "location_ids": list(self.locations),
            "limit": PAGE_SIZE,
            "query": {
                "filter": {
                    "state_filter": {"states": list(self.states)},
                    "date_time_filter": {self.by: {"start_at": start, "end_at": rfc3339(self.end)}},
                },
                "sort": {"sort_field": self.by.upper(), "sort_order": "ASC"},
            },
        }
        return asked if cursor is None else {**asked, "cursor": cursor}


def rfc3339(instant: datetime) -> str:
    """``instant``, which is in UTC, as Square writes it."""
    return instant.isoformat().replace("+00:00", "Z")


def walk(ask: Ask, search: Search, *, start: Mapping[str, str] | None = None) -> Iterator[Page]:
    """The pages of ``search``, or those from another page's ``next_query`` on.

    A cursor lives about five minutes and belongs to its own query. When it has expired the search
    begins anew at the instant that was reached, without the orders that came already; after a
    restart of ours those of that one instant come twice.
    Raises ``PaginationError`` when that leads no further.
    """
    begun = dict(start or {"from": rfc3339(search.start)})
    reached = _Reached(search.by, begun.pop("reached", begun["from"]))
    while True:
        came = reached.count
        try:
            yield from map(reached.note, _stretch(ask, search, begun))
            return
        except RequestError as error:
            if error.reason != EXPIRED:
                raise
            if "cursor" not in begun and reached.count == came:
                raise PaginationError(f"{PATH}: cursors expire before they lead on") from error
            begun = {"from": reached.at}


def _stretch(ask: Ask, search: Search, begun: Mapping[str, str]) -> Iterator[Page]:
    """The pages while their cursors live."""
    return pages.walk(
        lambda query: ask(PATH, search.body(start=query["from"], cursor=query.get("cursor"))),
        begun,
        Cursors(path=PATH, name="cursor", at=("cursor",)),
        read=lambda data: (listed(data, "orders", path=PATH), None),
        path=PATH,
    )


@dataclass(slots=True)
class _Reached:
    """How far a walk came: the last order's instant, and which orders of that very instant."""

    by: By
    at: str
    ids: set[str] = field(default_factory=set)
    count: int = 0

    def note(self, page: Page) -> Page:
        """``page`` without what came before, its next query able to begin anew."""
        fresh = [order for order in page.payloads if self._is_new(order)]
        following = page.next_query
        if following is not None:
            following = {**following, "reached": self.at}
        self.count += len(fresh)
        return replace(page, payloads=fresh, next_query=following)

    def _is_new(self, order: object) -> bool:
        if not isinstance(order, dict):
            return True
        at, ident = order.get(self.by), order.get("id")
        if not isinstance(at, str) or not isinstance(ident, str):
            return True
        if at > self.at:
            self.at, self.ids = at, set()
        new = ident not in self.ids
        self.ids.add(ident)
        return new
