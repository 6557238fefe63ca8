"""The whole export in one request: spooled to disk, its tables then read as streams.

Whoever syncs from it runs the same walks as over the site's own pages.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from typing import IO, Self

import ijson

from connectors.http import offsets
from connectors.page import Page
from connectors.template import export
from connectors.template.export import Start, TemplateExport
from connectors.template.items import ItemsApart, named, nested
from connectors.template.outline import outline, readable
from connectors.template.payloads import ITEM_FIELDS

LARGEST = 100 * 1024 * 1024
SPELLINGS = {"custom-requests": ("custom_requests", "custom-requests", "customRequests")}
ITEMS = "order_items"
"""The export may hold the items of all orders as a table of their own."""


class SpooledExport(TemplateExport):
    """The site's tables as ``GET full`` had them at one moment.

    Every walk begins at the start: a run's checkpoint may be of the site's own pages, whose order
    need not be this one.
    """

    def __init__(self, source: TemplateExport, file: IO[bytes]) -> None:
        super().__init__(source.http)
        self._source = source
        self._file = file
        self.tables = outline(file)

    @classmethod
    def fetch(cls, source: TemplateExport) -> Self:
        """Ask for everything, once. Raises ``connectors.errors``."""
        file = tempfile.TemporaryFile(prefix="moulin-export-")  # noqa: SIM115, ``close`` closes it
        try:
            source.http.spool("full", file, most=LARGEST)
            return cls(source, file)
        except BaseException:
            # Ctrl-C among them: nobody else would close it.
            file.close()
            raise

    @property
    def live(self) -> TemplateExport:
        """The site itself: to read one file twice is to look once."""
        return self._source

    def close(self) -> None:
        """Forget what was fetched; the source's connections stay its own."""
        if "_apart" in vars(self):
            self._apart.close()
        self._file.close()

    def holds(self, path: str) -> bool:
        """Whether the export has the table of this endpoint; orders only if each of them comes
        with its items: it is taken in once, and without them it would stay without them.
        """
        name = self._name(path)
        if name is None or path != "orders":
            return name is not None
        return all(map(self._has_items, self._table(name)))

    def _has_items(self, order: object) -> bool:
        if nested(order) is not None or named(order, "id") is None:
            # What has no id is refused, wherever it comes from.
            return True
        return self._apart.complete and bool(self._apart.of(order))

    @cached_property
    def _apart(self) -> ItemsApart:
        return ItemsApart(self._table(ITEMS))

    def _walk(self, path: str, start: Start, limit: int) -> Iterator[Page]:
        return self._pages(path, limit, {"limit": str(limit)})

    def _whole(self, path: str, start: Start) -> Iterator[Page]:
        # So that the site's own answer can take over at this page.
        length = self.tables.get(self._name(path) or path, 0)
        return self._pages(path, export.WHOLE_LIMIT, offsets.position(0, of=length))

    def _pages(self, path: str, limit: int, query: dict[str, str]) -> Iterator[Page]:
        records, offset = self._records(path), 0
        page = list(islice(records, limit))
        while True:
            following = list(islice(records, limit))
            after = {**query, "offset": str(offset + len(page))}
            yield Page(
                payloads=page,
                query={**query, "offset": str(offset)},
                next_query=after if following else None,
            )
            if not following:
                return
            page, offset = following, offset + len(page)

    def _records(self, path: str) -> Iterator[object]:
        records = self._table(self._name(path) or path)
        return map(self._with_items, records) if path == "orders" else records

    def _with_items(self, order: object) -> object:
        if not isinstance(order, dict) or nested(order) is not None or ITEMS not in self.tables:
            return order
        return {**order, ITEM_FIELDS[0]: self._apart.of(order)}

    def _name(self, path: str) -> str | None:
        spellings = SPELLINGS.get(path, (path,))
        return next((name for name in spellings if name in self.tables), None)

    def _table(self, name: str) -> Iterator[object]:
        with readable():
            yield from ijson.items(_Reader(self._file), f"data.{name}.item", use_float=True)


class _Reader:
    """Reads from the start, whatever others read of the same file meanwhile."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._at = 0

    def read(self, size: int = -1) -> bytes:
        self._file.seek(self._at)
        chunk = self._file.read(size)
        self._at += len(chunk)
        return chunk
