"""Pages that link to each other: a list, or an object with a list and the address ``next``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from connectors.errors import AnswerError, PaginationError
from connectors.http.pages import Query, Records, is_nothing
from connectors.page import Page


@dataclass(frozen=True, kw_only=True)
class Links:
    """Follows ``next``, of which only the query is used, on our own endpoint.

    It may name one of ``hosts``, in whatever case and with any port; another one is a
    ``PaginationError``. What is ``always`` in the query (a filter) stays there, also where ``next``
    forgets it.
    """

    path: str
    hosts: Collection[str]
    always: Mapping[str, str] = field(default_factory=dict)

    def advance(self, page: Page, data: object) -> Query | None:
        """The query of ``next``; none where it is null, empty or not there."""
        link = data.get("next") if isinstance(data, dict) else None
        if is_nothing(link):
            return None
        if not isinstance(link, str) or not link.isprintable():
            raise AnswerError(f"{self.path}: 'next' must be an address or null")
        try:
            parts = urlsplit(link)
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
        except ValueError as error:
            raise AnswerError(f"{self.path}: 'next' is no address") from error
        if parts.netloc and parts.hostname not in set(map(_hostname, self.hosts)):
            raise PaginationError(
                f"{self.path}: 'next' leads to another host, {ascii(parts.hostname)[1:-1][:80]}; "
                "if it is the source's own, allow it by name"
            )
        if not query:
            raise PaginationError(
                f"{self.path}: 'next' has no query, so it would ask for the start again"
            )
        if not all(text.isprintable() for pair in query.items() for text in pair):
            raise AnswerError(f"{self.path}: 'next' holds control characters")
        return {**query, **self.always}


def records(data: object, *, keys: Sequence[str], path: str) -> Records:
    """A list, or the first list under ``keys`` with the number in ``count``.

    Raises ``AnswerError`` for another shape.
    """
    if isinstance(data, list):
        return data, None
    if isinstance(data, dict):
        for key in keys:
            if isinstance(listed := data.get(key), list):
                return listed, _count(data)
    raise AnswerError(
        f"{path}: a list, or an object with a list in {' or '.join(keys)}, is expected"
    )


def _count(data: Mapping[str, object]) -> int | None:
    count = data.get("count")
    return count if type(count) is int and count >= 0 else None


def _hostname(allowed: str) -> str | None:
    return urlsplit(f"//{allowed.strip()}").hostname
