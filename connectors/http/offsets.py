"""Walking a source by offset: it grows by what came, and never for ever; and what came in one
answer, cut into pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from connectors.errors import PaginationError
from connectors.http.pages import MOST_PAGES, Trail
from connectors.page import Page

Fetch = Callable[[dict[str, str]], tuple[list[object], int | None]]
"""From a query to the records and the ``count`` that the source told with them."""


def of_all(payloads: list[object], count: int | None) -> int | None:
    """The whole's number, if ``count`` is one: a page's own says nothing."""
    return None if count == len(payloads) else count


def walk(fetch: Fetch, path: str, start: Mapping[str, str] | None, *, limit: int) -> Iterator[Page]:
    """The pages from ``start`` on, ``limit`` records asked for each.

    A page that is shorter than asked is the last, unless ``count`` says that there is more: it
    may be the page's own number, which says nothing, or the whole's. Raises ``PaginationError``
    when the same records come for the third time, and after 10,000 pages.
    """
    trail = Trail(path)
    query = dict(start or {"limit": str(limit), "offset": "0"})
    for _ in range(MOST_PAGES):
        payloads, count = fetch(query)
        after = int(query["offset"]) + len(payloads)
        whole = of_all(payloads, count)
        more = bool(payloads) and (len(payloads) >= limit or (whole is not None and whole > after))
        page = Page(
            payloads=payloads,
            query=query,
            next_query={**query, "offset": str(after)} if more else None,
            count=whole,
        )
        trail.follow(page)
        yield page
        if page.next_query is None:
            return
        query = page.next_query
    raise PaginationError(f"{path}: more than {MOST_PAGES} pages; the source never says it is done")


def cut(
    records: list[object], count: int | None, start: Mapping[str, str] | None, *, limit: int
) -> Iterator[Page]:
    """What came in one answer, ``limit`` records a page, from the page on that ``start`` names.

    Who goes on has asked for everything again. When that has another length than the answer that
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
