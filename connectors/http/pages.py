"""Walking a source page by page: only forward, never for ever, however the next is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from connectors.errors import PaginationError
from connectors.page import Page

MOST_PAGES = 10_000
MOST_REPEATS = 2
_POSITIONS = ("page", "offset")

Query = dict[str, str]
Records = tuple[list[object], int | None]
"""The records of an answer, and how many there are in all (None: not given)."""


class Paginator(Protocol):
    """How a source's pages follow each other; a value, the same for every walk."""

    def advance(self, page: Page, data: object) -> Query | None:
        """The query of the page after ``page``, which was read from the answer ``data``; None
        after the last. Raises ``AnswerError`` and ``PaginationError``.
        """


def walk(
    ask: Callable[[Query], object],
    query: Mapping[str, str],
    paginator: Paginator,
    *,
    read: Callable[[object], Records],
    path: str,
) -> Iterator[Page]:
    """The pages from ``query`` on; ``ask`` gets an answer and ``read`` takes its records out.

    Raises ``PaginationError``, which names ``path``, before any request that leads back, and after
    10,000 pages or the third page of the same records.
    """
    trail = Trail(path)
    current = dict(query)
    for _ in range(MOST_PAGES):
        data = ask(current)
        payloads, count = read(data)
        page = Page(payloads=payloads, query=current, count=count)
        page = replace(page, next_query=paginator.advance(page, data))
        trail.follow(page)
        yield page
        if page.next_query is None:
            return
        current = page.next_query
    raise PaginationError(f"{path}: more than {MOST_PAGES} pages; the source never says it is done")


def is_nothing(following: object) -> bool:
    """Whether what a source sends for "the next" says that there is none: null, ``""``, blanks,
    false, 0, ``[]`` or ``{}``, as languages without a null of their own write it.
    """
    return not (following.strip() if isinstance(following, str) else following)


class Trail:
    """The queries and records of this walk, to notice when it goes in circles."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._queries: set[frozenset[tuple[str, str]]] = set()
        self._seen: Counter[int] = Counter()

    def follow(self, page: Page) -> None:
        """Note ``page``; ``PaginationError`` when the walk goes in circles."""
        self._queries.add(frozenset(page.query.items()))
        following = page.next_query
        if following is not None and (
            frozenset(following.items()) in self._queries or _goes_back(page.query, following)
        ):
            raise PaginationError(f"{self._path}: 'next' leads back to what was asked before")
        if page.payloads and (mark := _mark(page.payloads)) is not None:
            self._seen[mark] += 1
            if self._seen[mark] > MOST_REPEATS:
                raise PaginationError(f"{self._path}: the same records came for the third time")


def _mark(payloads: Sequence[object]) -> int | None:
    # The two ends distinguish pages; to write out all that lies between would cost every record
    # a fifth of its parsing.
    try:
        return hash((len(payloads), repr(payloads[0]), repr(payloads[-1])))
    except RecursionError:
        return None


def _goes_back(query: Mapping[str, str], following: Mapping[str, str]) -> bool:
    """Whether a numbered page does not grow; known without memory, so also after a restart."""
    numbered = [name for name in _POSITIONS if _number(following.get(name)) >= 0]
    return bool(numbered) and not any(
        _number(following.get(name)) > _number(query.get(name)) for name in numbered
    )


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 20 else -1  # noqa: PLR2004 - 64 bits
