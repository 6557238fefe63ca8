"""The headers we know, each with one meaning everywhere."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

_SECONDS: Schema = {"type": "integer", "minimum": 0}
_TEXT: Schema = {"type": "string"}


def _header(description: str, schema: Schema) -> Schema:
    return {"description": description, "schema": schema}


ANSWERED = {
    "X-Request-ID": _header(
        "The correlation id: the request's own, else a new one. The log, the run and the audit "
        "have it too.",
        {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    ),
    "Location": _header("Where to follow what was begun.", _TEXT),
    "Retry-After": _header("Seconds after which another try makes sense.", _SECONDS),
    "WWW-Authenticate": _header(
        "What is missing (RFC 6750).", {"type": "string", "pattern": "^Bearer realm="}
    ),
}
"""In answers."""

ASKED = {
    "X-Request-ID": _header(
        "Becomes the correlation id when it is 1 to 64 of `A-Z a-z 0-9 . _ -`; anything else is "
        "passed over.",
        _TEXT,
    ),
}
"""In requests."""
