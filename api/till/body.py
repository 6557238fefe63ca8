"""The body of a till's request: an array of sales, read strictly as a whole and loosely inside.

A sale that cannot be read is refused by itself, by the worker; only an array that cannot be read
ends the request.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from flask import request
from pydantic import Field

from api.till.errors import unreadable, worded
from api.web.body import plain
from core import strict_json
from core.strict_json import StrictError
from syncs.sales import payload

MOST_SALES = 500
MOST_LINES = 10_000
"""Of all sales together: an answer names each line's article, and is longer than its request."""

Sales = Annotated[list[payload.TillSale], Field(max_length=MOST_SALES)]
"""What is read without a refusal; see ``syncs.sales.payload``."""

_KEY = re.compile(r"[ -~]{1,255}", re.ASCII)


@dataclass(frozen=True)
class Sent:
    """The ``body`` as it came and how many sales it holds; whether each is ``numbered``."""

    body: bytes
    count: int
    numbered: bool


def sales() -> Sent:
    """This request's sales. Raises ``TillError``: 400 when they are no array, 413 when there are
    too many of them or of one's lines.
    """
    if not plain():
        raise unreadable("UNSUPPORTED_ENCODING")
    # Kept in the request: a signature over it may have been checked before, or will be.
    body = request.get_data()
    try:
        array = strict_json.parse(body, tolerant=True)
    except StrictError as error:
        more = {"champ": error.path} if error.path else {}
        raise unreadable(error.code, **more) from None
    if not isinstance(array, list):
        raise worded(400, "INVALID_FORMAT")
    if len(array) > MOST_SALES:
        raise worded(413, "TOO_MANY_SALES")
    _count_lines(array)
    numbered = all(payload.number_of(sale) is not None for sale in array)
    return Sent(body, len(array), numbered)


def _count_lines(sales: list[object]) -> None:
    every = 0
    for index, sale in enumerate(sales, 1):
        lines = sale.get("lignes") if isinstance(sale, dict) else None
        count = len(lines) if isinstance(lines, list) else 0
        every += count
        if count > payload.MOST_LINES or every > MOST_LINES:
            raise worded(413, "TOO_MANY_LINES", index=index)


def key() -> str | None:
    """This request's ``Idempotency-Key``; ``TillError`` 400 when it is none."""
    given = request.headers.get("Idempotency-Key")
    if given is not None and not _KEY.fullmatch(given):
        raise worded(400, "INVALID_KEY")
    return given
