"""One page of a source: what it holds and the query of the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Payloads as received; an item that is no JSON object stays, for the reader to refuse.

    ``query`` is this page's and ``next_query`` that of the one after it (None: the last);
    ``count`` is the source's number of all records, None when it gives none. ``now`` is the
    source's clock when it answered, aware; None when it gives none.
    """

    payloads: list[object]
    query: dict[str, str]
    next_query: dict[str, str] | None = None
    count: int | None = None
    now: datetime | None = None
