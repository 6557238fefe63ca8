"""Where a till's next page begins: a moment and an id, in letters that mean nothing to it."""

from __future__ import annotations

import struct
from base64 import b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

_FORM = struct.Struct(">cqq")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# In any time zone these are still dates.
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


class Place(NamedTuple):
    """After which row a page begins; what the moment means is the list's own."""

    moment: datetime
    id: int


def write(kind: bytes, place: Place) -> str:
    """``place`` as letters; ``kind`` is one byte, the list's own."""
    microseconds = (place.moment - _EPOCH) // timedelta(microseconds=1)
    return urlsafe_b64encode(_FORM.pack(kind, microseconds, place.id)).rstrip(b"=").decode()


def read(kind: bytes, text: str) -> Place:
    """The place; ``ValueError`` when ``write`` never gave this text for this list."""
    try:
        raw = b64decode(text + "=", altchars=b"-_", validate=True)
        _, microseconds, ident = _FORM.unpack(raw)
        place = Place(_EPOCH + timedelta(microseconds=microseconds), ident)
    except (struct.error, OverflowError) as error:
        raise ValueError("no cursor") from error
    # Written again it must be the same: Base64 has several texts for the same bytes, and another
    # list's cursor has another first one.
    known = EARLIEST <= place.moment <= LATEST
    if ident < 1 or not known or write(kind, place) != text:
        raise ValueError("another list's cursor")
    return place
