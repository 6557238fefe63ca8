"""The whole export in one request: spooled to disk, its tables then read as streams.

Whoever syncs from it runs the same walks as over the site's own pages.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import IO, Any, Self

import ijson

from connectors.errors import AnswerError
from connectors.page import Page
from connectors.template.export import PAINTINGS_LIMIT, Start, TemplateExport
from connectors.template.payloads import THINGS

LARGEST = 100 * 1024 * 1024
SPELLINGS = {"custom-requests": ("custom_requests", "custom-requests", "customRequests")}
ITEMS = "order_items"
"""The export may hold the items of all orders as a table of their own."""


class SpooledExport(TemplateExport):
    """The site's tables as ``GET full`` told them at one moment."""

    def __init__(self, source: TemplateExport, file: IO[bytes]) -> None:
        super().__init__(source.http)
        self._file = file
        self.tables = frozenset(self._names())

    @classmethod
    def fetch(cls, source: TemplateExport) -> Self:
        """Ask for everything, once. Raises ``connectors.errors``."""
        file = tempfile.TemporaryFile(prefix="moulin-export-")  # noqa: SIM115, ``close`` closes it
        try:
            source.http.spool("full", file, most=LARGEST)
            return cls(source, file)
        except BaseException:
            file.close()
            raise

    def close(self) -> None:
        """Forget what was fetched; the source's connections stay its own."""
        self._file.close()

    def holds(self, path: str) -> bool:
        """Whether the export has the table of this endpoint, orders with their things."""
        name = self._name(path)
        if name is None or path != "orders" or ITEMS in self.tables:
            return name is not None
        # An order is taken in once: without its things it would stay without them.
        first = next(self._table(name), {"items": []})
        return isinstance(first, dict) and any(name in first for name in THINGS)

    def _walk(self, path: str, start: Start, limit: int) -> Iterator[Page]:
        return self._pages(path, int((start or {}).get("offset", 0)), limit)

    def _whole(self, path: str) -> Iterator[Page]:
        return self._pages(path, 0, PAINTINGS_LIMIT)

    def _pages(self, path: str, offset: int, limit: int) -> Iterator[Page]:
        records = islice(self._records(path), offset, None)
        page = list(islice(records, limit))
        while True:
            following = list(islice(records, limit))
            after = {"limit": str(limit), "offset": str(offset + len(page))}
            yield Page(
                payloads=page,
                query={"limit": str(limit), "offset": str(offset)},
                next_query=after if following else None,
            )
            if not following:
                return
            page, offset = following, offset + len(page)

    def _records(self, path: str) -> Iterator[object]:
        found = self._table(self._name(path) or path)
        if path == "orders" and ITEMS in self.tables:
            return self._with_items(found)
        return found

    def _with_items(self, orders: Iterator[object]) -> Iterator[object]:
        items: dict[str, list[object]] = defaultdict(list)
        for item in self._table(ITEMS):
            if isinstance(item, dict):
                items[str(item.get("order_id"))].append(item)
        for order in orders:
            if isinstance(order, dict) and not any(name in order for name in THINGS):
                yield {**order, "items": items[str(order.get("id"))]}
            else:
                yield order

    def _name(self, path: str) -> str | None:
        spellings = SPELLINGS.get(path, (path,))
        return next((name for name in spellings if name in self.tables), None)

    def _names(self) -> Iterator[str]:
        """The tables, read from the structure alone; what is no list is none."""
        for prefix, event, _ in self._events():
            parent, _, name = prefix.partition(".")
            if event == "start_array" and parent == "data" and name and "." not in name:
                yield name

    def _table(self, name: str) -> Iterator[object]:
        self._file.seek(0)
        try:
            yield from ijson.items(self._file, f"data.{name}.item", use_float=True)
        except (ijson.JSONError, ValueError) as error:
            raise _broken(error) from None

    def _events(self) -> Iterator[tuple[str, str, Any]]:
        self._file.seek(0)
        try:
            yield from ijson.parse(self._file, use_float=True)
        except (ijson.JSONError, ValueError) as error:
            raise _broken(error) from None


def _broken(error: Exception) -> AnswerError:
    return AnswerError(
        f"full: the answer is broken JSON or holds a number that is none ({type(error).__name__}); "
        "each table alone may still be well"
    )
