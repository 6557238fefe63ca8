"""Walking a source page by page: only forward, only on its own host, never for ever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from connectors.errors import AnswerError, PaginationError
from connectors.page import Page

if TYPE_CHECKING:
    from connectors.http.client import HTTPClient

MOST_PAGES = 10_000
MOST_REPEATS = 2
_POSITIONS = ("page", "offset")


def walk(
    client: HTTPClient,
    path: str,
    first_query: Mapping[str, str],
    *,
    keys: Sequence[str] = ("results", "products"),
    allowed_hosts: Collection[str] = (),
    always: Mapping[str, str] | None = None,
) -> Iterator[Page]:
    """The pages from ``first_query`` on; each is a list, or an object with a list under ``keys``.

    Of ``next`` only the query is used, on our own endpoint. Raises ``PaginationError`` before any
    request when it names another host (``allowed_hosts`` excepted) or leads back, and after
    10,000 pages or the third page of the same records; ``AnswerError`` for another shape. What
    must be ``always`` asked (a filter) is, also where ``next`` forgets it.
    """
    hosts = {client.host, *filter(None, map(_hostname, allowed_hosts))}
    trail = Trail(path)
    query = dict(first_query)
    for _ in range(MOST_PAGES):
        data = client.get_json(path, query).data
        page = Page(
            payloads=_payloads(data, keys, path),
            query=query,
            next_query=_with(_next_query(data, hosts, path), always),
            count=_count(data),
        )
        trail.follow(page)
        yield page
        if page.next_query is None:
            return
        query = page.next_query
    raise PaginationError(f"{path}: more than {MOST_PAGES} pages; the source never says it is done")


class Trail:
    """What this walk has asked and seen, to notice when it goes in circles."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._asked: set[frozenset[tuple[str, str]]] = set()
        self._seen: Counter[int] = Counter()

    def follow(self, page: Page) -> None:
        """Note ``page``; ``PaginationError`` when the walk goes in circles."""
        self._asked.add(frozenset(page.query.items()))
        following = page.next_query
        if following is not None and (
            frozenset(following.items()) in self._asked or _goes_back(page.query, following)
        ):
            raise PaginationError(f"{self._path}: 'next' leads back to what was asked before")
        if page.payloads and (mark := _mark(page.payloads)) is not None:
            self._seen[mark] += 1
            if self._seen[mark] > MOST_REPEATS:
                raise PaginationError(f"{self._path}: the same records came for the third time")


def _mark(payloads: Sequence[object]) -> int | None:
    # The two ends tell pages apart; to write out all that lies between would cost every record
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


def _payloads(data: object, keys: Sequence[str], path: str) -> list[object]:
    if isinstance(data, list):
        return data
    if isinstance(data, dict):
        for key in keys:
            if isinstance(found := data.get(key), list):
                return found
    raise AnswerError(
        f"{path}: a list, or an object with a list in {' or '.join(keys)}, is expected"
    )


def _count(data: object) -> int | None:
    found = data.get("count") if isinstance(data, dict) else None
    return found if type(found) is int and found >= 0 else None


def _next_query(data: object, hosts: Collection[str], path: str) -> dict[str, str] | None:
    link = data.get("next") if isinstance(data, dict) else None
    if link is None:
        return None
    if not isinstance(link, str) or not link.isprintable():
        raise AnswerError(f"{path}: 'next' must be an address or null")
    try:
        parts = urlsplit(link)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
    except ValueError as error:
        raise AnswerError(f"{path}: 'next' is no address") from error
    if parts.netloc and parts.hostname not in hosts:
        raise PaginationError(
            f"{path}: 'next' leads to another host, {ascii(parts.hostname)[1:-1][:80]}; "
            "if it is the source's own, allow it by name"
        )
    if not query:
        raise PaginationError(f"{path}: 'next' has no query, so it would ask for the start again")
    if not all(text.isprintable() for pair in query.items() for text in pair):
        raise AnswerError(f"{path}: 'next' holds control characters")
    return query


def _with(query: dict[str, str] | None, always: Mapping[str, str] | None) -> dict[str, str] | None:
    return {**query, **always} if query is not None and always else query


def _hostname(allowed: str) -> str | None:
    return urlsplit(f"//{allowed.strip()}").hostname
