"""One page of a source: what it holds and how to ask for the next."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Payloads as received; an item that is no JSON object stays, for the reader to refuse.

    ``query`` asked for this page and ``next_query`` asks for the one after it (None: the last);
    ``count`` is how many records the source says there are in all, None when it does not say.
    """

    payloads: list[object]
    query: dict[str, str]
    next_query: dict[str, str] | None = None
    count: int | None = None
