"""Which searches answer "what was sold from here to there". Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from connectors.families import Moment, Status
from connectors.families.periods import instant
from connectors.pos.square.found import chunks
from connectors.pos.square.search import MOST_LOCATIONS, By, Search

Place = tuple[str, str | None]
"""A location's id and its zone; no zone where none is needed."""

_STATES: dict[Status, tuple[tuple[str, ...], By]] = {
    "open": (("OPEN",), "created_at"),
    "completed": (("COMPLETED",), "closed_at"),
    "canceled": (("CANCELED",), "closed_at"),
}
# What is open comes first: what closes meanwhile comes twice, and not never.
_ALL: Sequence[tuple[tuple[str, ...], By]] = (
    _STATES["open"],
    (("COMPLETED", "CANCELED"), "closed_at"),
)


def searches(
    places: Iterable[Place], start: Moment, end: Moment, status: Status | None
) -> Iterator[Search]:
    """The searches of ten locations each, with one period: a day begins at midnight in its zone."""
    periods: dict[tuple[datetime, datetime], list[str]] = {}
    for ident, zone in places:
        period = instant(start, zone or "UTC"), instant(end, zone or "UTC")
        periods.setdefault(period, []).append(ident)
    for states, by in _ALL if status is None else (_STATES[status],):
        for (first, last), idents in periods.items():
            for some in chunks(idents, MOST_LOCATIONS):
                yield Search(locations=tuple(some), states=states, by=by, start=first, end=last)
