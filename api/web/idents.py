"""Ids in paths: what no database column could hold is no address of ours."""

from __future__ import annotations

from werkzeug.routing import BaseConverter


class IdentConverter(BaseConverter):
    """``<ident:run_id>``: a positive number that fits into 64 bits; anything else is a 404."""

    regex = "[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        """The number."""
        return int(value)
