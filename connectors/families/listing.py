"""The pages of an endpoint that lists its records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from connectors.connector import Connector
from connectors.families.periods import Moment
from connectors.http import links, pages
from connectors.http.cursors import Cursors
from connectors.http.pages import Query
from connectors.page import Page


@dataclass(frozen=True, kw_only=True)
class Listing:
    """``Pages`` of ``GET path``: a list, or an object with a list under ``records`` (the last part
    of the path, unless it is given).

    ``cursor`` is the parameter that takes what an answer has at ``next``, a path of keys; without
    it there is one page. ``since`` and ``until`` are the parameters that take from when on and
    before when, as a day or an instant in UTC (ISO 8601); without them they are not asked for.
    """

    path: str
    records: str = ""
    cursor: str = ""
    next: tuple[str, ...] = ("next",)
    since: str = ""
    until: str = ""

    def __call__(
        self,
        connector: Connector,
        /,
        *,
        start: Mapping[str, str] | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
    ) -> Iterator[Page]:
        """The pages, as a ``Feed`` has them. Raises ``connectors.errors``."""
        period = {self.since: since, self.until: until}
        asked = {name: _text(at) for name, at in period.items() if name and at is not None}
        cursors = Cursors(path=self.path, name=self.cursor, at=self.next)
        key = self.records or self.path.rstrip("/").rpartition("/")[2]
        return pages.walk(
            lambda query: connector.http.get(self.path, query).data,
            start or asked,
            cursors if self.cursor else _Once(),
            read=partial(links.records, keys=(key,), path=self.path),
            path=self.path,
        )


class _Once:
    """One page, and no other."""

    def advance(self, page: Page, data: object) -> Query | None:
        return None


def _text(at: Moment) -> str:
    return (at.astimezone(UTC) if isinstance(at, datetime) else at).isoformat()
