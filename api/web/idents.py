"""Ids in paths: what no database column could hold is no address of ours."""

from __future__ import annotations

import re

from werkzeug.routing import BaseConverter

PATTERN = "[1-9][0-9]{0,17}"


def of_form(text: str) -> int | None:
    """The id that a form's field holds; None when it is no id of ours."""
    return int(text) if re.fullmatch(PATTERN, text, re.ASCII) else None


class IdentConverter(BaseConverter):
    """``<ident:run_id>``: a positive number that fits into 64 bits; anything else is a 404."""

    regex = PATTERN

    def to_python(self, value: str) -> int:
        """The number."""
        return int(value)
