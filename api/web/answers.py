"""How values are written in answers: moments in ISO 8601, UTC; amounts as text."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from flask.json.provider import DefaultJSONProvider


class Codec(DefaultJSONProvider):
    """JSON as the command line prints it."""

    sort_keys = False

    @staticmethod
    def default(o: object) -> object:
        """What JSON has no form for."""
        if isinstance(o, datetime):
            return o.isoformat(timespec="milliseconds")
        if isinstance(o, Decimal):
            return str(o)
        raise TypeError(f"{type(o).__name__} has no JSON form")
