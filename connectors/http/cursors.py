"""Pages by cursor: each answer holds the token of the next page."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.errors import AnswerError
from connectors.http.pages import Query, is_nothing
from connectors.page import Page


@dataclass(frozen=True, kw_only=True)
class Cursors:
    """Repeats the query with parameter ``name`` set to the cursor ``at`` a path of keys.

    Square: ``cursor`` at ``cursor``; HubSpot: ``after`` at ``paging.next.after``; Zoho:
    ``page_token`` at ``info.next_page_token``. A missing or empty cursor ends the walk.
    """

    path: str
    name: str
    at: tuple[str, ...]

    def advance(self, page: Page, data: object) -> Query | None:
        """The same query with the new cursor."""
        cursor = data
        for key in self.at:
            cursor = cursor.get(key) if isinstance(cursor, dict) else None
        if is_nothing(cursor):
            return None
        if not isinstance(cursor, str) or not cursor.isprintable():
            raise AnswerError(f"{self.path}: {'.'.join(self.at)!r} must be a cursor or null")
        return {**page.query, self.name: cursor}
