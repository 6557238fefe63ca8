"""Pages by offset, which grows by what came; and what came in one answer, cut into pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connectors.http.pages import Query
from connectors.page import Page


@dataclass(frozen=True, kw_only=True)
class Offsets:
    """``limit`` records are requested for each page.

    A page that is shorter than ``limit`` is the last, unless its ``count``, which must be the
    whole's, is larger.
    """

    limit: int

    @property
    def first(self) -> Query:
        """The query of the first page."""
        return {"limit": str(self.limit), "offset": "0"}

    def advance(self, page: Page, data: object) -> Query | None:
        """The offset after the last record that came."""
        came = len(page.payloads)
        after = int(page.query["offset"]) + came
        more = came >= self.limit or (page.count is not None and page.count > after)
        return {**page.query, "offset": str(after)} if came and more else None


def of_all(payloads: list[object], count: int | None) -> int | None:
    """The whole's number, if ``count`` is one: a page's own is none."""
    return None if count == len(payloads) else count


def cut(
    records: list[object], count: int | None, start: Mapping[str, str] | None, *, limit: int
) -> Iterator[Page]:
    """What came in one answer, ``limit`` records a page, from the page on that ``start`` names.

    A resumed walk has fetched everything again. When that has another length than the answer that
    the pages before were cut from, ``count`` is the old one: records may have moved past the cut.
    """
    offset = int((start or {}).get("offset", 0))
    length = int((start or {}).get("of", len(records)))
    whole = of_all(records, count)
    if whole is None and length != len(records):
        whole = length
    while True:
        after = offset + limit
        yield Page(
            payloads=records[offset:after],
            query={"offset": str(offset)},
            next_query=position(after, of=length) if after < len(records) else None,
            count=whole,
        )
        if after >= len(records):
            return
        offset = after


def position(offset: int, *, of: int) -> dict[str, str]:
    """Where ``cut`` goes on in an answer of so many records."""
    return {"offset": str(offset), "of": str(of)}
