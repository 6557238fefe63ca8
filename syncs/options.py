"""Options of a run as they are given and kept: whole numbers, texts, and days or instants."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from core.errors import RefusedError
from core.settings import settings
from syncs import bookmarks

LARGEST = 10**18
"""Of an option: as a number of ours, it must fit a database's column."""

Options = Mapping[str, int | str]
"""As a run keeps them: a day or an instant is an ISO 8601 text."""

Kinds = Mapping[str, type[int | str | date]]

PERIOD: Kinds = {"since": date, "until": date}
"""What every sync with a replication key takes."""

_EXPECTED = {
    int: f"integer from 0 to {LARGEST}",
    str: "text",
    date: "a day such as 2026-11-01, or an instant such as 2026-11-01T06:00:00+01:00,",
}


class Period(NamedTuple):
    """From ``since`` on and before ``until``, in UTC; None: open at that end."""

    since: datetime | None
    until: datetime | None


def check(sync: str, kinds: Kinds, given: Mapping[str, object]) -> dict[str, int | str]:
    """The options that are ``given`` to the sync of this name, with their types; those that are
    None are left out. ``RefusedError`` names one that is unknown or wrong.
    """
    options: dict[str, int | str] = {}
    for name, value in given.items():
        kind = kinds.get(name)
        if kind is None:
            known = ", ".join(kinds) or "none"
            raise RefusedError(f"{sync} has no option {name!r}; it knows: {known}.")
        if value is None:
            continue
        try:
            options[name] = _read(kind, value)
        except (TypeError, ValueError) as error:
            raise RefusedError(f"{name}: {_EXPECTED[kind]} expected.") from error
    if PERIOD.items() <= kinds.items():
        _check_order(options)
    return options


def period(options: Options) -> Period:
    """The period that ``options`` name; a day begins at midnight in ``TIMEZONE``."""
    ends = (options.get(name) for name in PERIOD)
    return Period(*(None if end is None else instant(str(end)) for end in ends))


def instant(text: str) -> datetime:
    """A day's beginning, or an instant, in UTC; ``ValueError`` for what is neither."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        value = value.replace(tzinfo=ZoneInfo(settings().timezone))
    try:
        value = value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error
    if value < bookmarks.EARLIEST:
        raise ValueError(text)
    return value


def begins(day: date) -> datetime:
    """Midnight in ``TIMEZONE``, in UTC."""
    return instant(datetime.combine(day, time.min).isoformat())


def _check_order(options: Options) -> None:
    if "since" not in options or "until" not in options:
        return
    since, until = period(options)
    if since is not None and until is not None and until <= since:
        raise RefusedError(
            f"until: must be later than since ({options['since']}): it is where the period ends, "
            "and not in it."
        )


def _read(kind: type[int | str | date], value: Any) -> int | str:
    if kind is date:
        text = value.isoformat() if isinstance(value, date) else value
        if not isinstance(text, str):
            raise TypeError
        instant(text)
        return text
    return _whole(value) if kind is int else str(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError
    number = int(value)
    if not 0 <= number <= LARGEST:
        raise ValueError
    return number
