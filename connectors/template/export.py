"""The art site's export: ``GET {TEMPLATE_BASE_URL}/api/export/…`` with the header X-API-Key.

Wire: the integration guide of the site ("Guide d'intégration Dashboard <-> Template"): answers are
``{"data": […], "count": n}``; ``stats`` answers ``{"stats": {…}}``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Self

from connectors.connector import Connector
from connectors.errors import AnswerError
from connectors.http import auth, offsets, pages
from connectors.http.client import HTTPClient
from connectors.http.deadline import USUAL, Timeouts
from connectors.http.pages import Records
from connectors.page import Page
from connectors.template.items import in_order

PAINTINGS_LIMIT = 1000
ORDERS_LIMIT = 100
WHOLE_LIMIT = 500
"""Of a table that comes in one answer so many are given on as a page, which is one transaction: on
SQLite the tills wait for it.
"""
WHERE_THE_KEY_IS = "check TEMPLATE_API_KEY (it must be the site's TEMPLATE_MASTER_API_KEY)"

Start = Mapping[str, str] | None


class TemplateExport(Connector):
    """The site's tables, page by page; ``start`` is a page's ``next_query``.

    Every walk raises ``connectors.errors``.
    """

    @classmethod
    def open(cls, *, url: str, key: str, timeouts: Timeouts = USUAL) -> Self:
        """A connector on its own client."""
        http = HTTPClient(
            f"{url.rstrip('/')}/api/export",
            auth=auth.key("X-API-Key: {key}", key, where=WHERE_THE_KEY_IS),
            timeouts=timeouts,
            advice=WHERE_THE_KEY_IS,
        )
        return cls(http)

    def settings(self, *, start: Start = None) -> Iterator[Page]:
        """All settings, ``{key, value}`` each: one request."""
        return self._whole("settings", start)

    def paintings(self, *, start: Start = None) -> Iterator[Page]:
        """All paintings, a thousand a page."""
        return self._walk("paintings", start, PAINTINGS_LIMIT)

    def orders(self, *, start: Start = None) -> Iterator[Page]:
        """All orders with their items, a hundred a page; items in the order of their ids."""
        for page in self._walk("orders", start, ORDERS_LIMIT):
            yield replace(page, payloads=list(map(in_order, page.payloads)))

    def users(self, *, start: Start = None) -> Iterator[Page]:
        """All users: one request."""
        return self._whole("users", start)

    def exhibitions(self, *, start: Start = None) -> Iterator[Page]:
        """All exhibitions: one request."""
        return self._whole("exhibitions", start)

    def custom_requests(self, *, start: Start = None) -> Iterator[Page]:
        """All custom requests: one request."""
        return self._whole("custom-requests", start)

    def stats(self, *, start: Start = None) -> Iterator[Page]:
        """The site's figures as records ``{key, value}``: one request."""
        answer = self.http.get("stats").data
        figures = answer.get("stats") if isinstance(answer, dict) else None
        if not isinstance(figures, dict):
            raise AnswerError("stats: an object with an object 'stats' is expected")
        records: list[object] = [{"key": key, "value": value} for key, value in figures.items()]
        yield from offsets.cut(records, None, start, limit=WHOLE_LIMIT)

    def _walk(self, path: str, start: Start, limit: int) -> Iterator[Page]:
        by = offsets.Offsets(limit=limit)
        return pages.walk(
            lambda query: self.http.get(path, query).data,
            start or by.first,
            by,
            read=partial(_page, path=path),
            path=path,
        )

    def _whole(self, path: str, start: Start) -> Iterator[Page]:
        records, count = envelope(self.http.get(path).data, path)
        yield from offsets.cut(records, count, start, limit=WHOLE_LIMIT)


def envelope(answer: Any, path: str) -> Records:
    """The records and the count of ``{"data": […], "count": n}``; ``AnswerError`` otherwise."""
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, list):
        raise AnswerError(f"{path}: an object with a list 'data' is expected")
    count = answer.get("count")
    return data, count if type(count) is int and count >= 0 else None


def _page(answer: Any, path: str) -> Records:
    records, count = envelope(answer, path)
    return records, offsets.of_all(records, count)
