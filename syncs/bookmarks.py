"""Bookmarks: how far a source was read, by its own replication keys. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

Bookmark = int | datetime
"""A replication key: a whole number, or an instant in UTC."""

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
"""What is older is no instant at which a record changed."""


def load(value: object) -> Bookmark | None:
    """The bookmark that a payload or the store has as a whole number or an ISO 8601 text (without
    an offset it is UTC); None for anything else.
    """
    return value if type(value) is int else instant(value)


def instant(value: object) -> datetime | None:
    """The instant, in UTC, that an ISO 8601 text names; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value)
        read = (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return read if read >= EARLIEST else None


def dump(bookmark: Bookmark) -> int | str:
    """The same as JSON."""
    return bookmark if isinstance(bookmark, int) else bookmark.isoformat()


def latest(
    keys: Iterable[object], before: Bookmark | None, now: datetime | None
) -> Bookmark | None:
    """The largest of a page's ``keys`` and of the bookmark ``before`` the page; never an instant
    after ``now``, unless the bookmark was there already.
    """
    known = [key for key in map(load, keys) if key is not None]
    if now is not None:
        known = [min(key, now) if isinstance(key, datetime) else key for key in known]
    # Were a source to mix them, the instants would count.
    return max(
        known if before is None else [*known, before],
        key=lambda key: (isinstance(key, datetime), key),
        default=None,
    )


def back(bookmark: Bookmark, overlap: float) -> Bookmark:
    """From where on the source is asked, ``overlap`` seconds before an instant."""
    if isinstance(bookmark, int):
        return bookmark
    return max(EARLIEST, bookmark - timedelta(seconds=overlap))
