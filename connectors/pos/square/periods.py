"""Which searches answer "what was sold from here to there". Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from typing import get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.errors import AnswerError
from connectors.families import Status
from connectors.pos.square.found import chunks
from connectors.pos.square.search import MOST_LOCATIONS, By, Search

Moment = date | datetime
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


def check(start: Moment, end: Moment, status: str | None) -> None:
    """Raise ``ValueError`` for a status that there is none, and for an end before the start."""
    if status is not None and status not in get_args(Status):
        raise ValueError(f"status: {status!r} is none; use {', '.join(get_args(Status))}")
    if instant(end, "UTC") < instant(start, "UTC"):
        raise ValueError(f"end_date: {end} is before start_date, {start}")


def are_days(*moments: Moment) -> bool:
    """Whether any of them is a day, whose beginning depends on the place."""
    return not all(isinstance(moment, datetime) for moment in moments)


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


def instant(moment: Moment, zone: str) -> datetime:
    """``moment`` in UTC: a day's midnight in ``zone``; without a zone, this machine's time."""
    if isinstance(moment, datetime):
        return moment.astimezone(UTC)
    try:
        return datetime.combine(moment, time.min, ZoneInfo(zone)).astimezone(UTC)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise AnswerError(f"the location's zone {ascii(zone)[:60]} is not known here") from error
