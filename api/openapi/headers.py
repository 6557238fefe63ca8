"""The headers we know, each with one meaning everywhere."""

from __future__ import annotations

from typing import get_args

from api.openapi.schemas import Schema
from syncs.views.status import State

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
        "What is missing: `Bearer` (RFC 6750), a till's proof, `Device`, or a vendor's, "
        "`Signature`.",
        {
            "type": "string",
            "pattern": "^(Bearer|Device|Signature) realm=",
            "examples": ['Device realm="moulin"'],
        },
    ),
    "Preference-Applied": _header("What of `Prefer` was followed (RFC 7240).", _TEXT),
    "Idempotent-Replayed": _header(
        "The same body came with this `Idempotency-Key` before.",
        {"type": "string", "const": "true"},
    ),
    "X-Sync-State": _header(
        "How the sync is doing that brings in what this page shows: `state` of the body.",
        {"type": "string", "enum": list(get_args(State))},
    ),
    "Age": _header(
        "Seconds since the last complete run began; missing before the first.", _SECONDS
    ),
}
"""In answers."""

ASKED = {
    "X-Request-ID": _header(
        "Becomes the correlation id when it is 1 to 64 of `A-Z a-z 0-9 . _ -`; anything else is "
        "passed over.",
        _TEXT,
    ),
    "Idempotency-Key": _header(
        "Names this request: with the same key again, what succeeded is answered as the first time "
        "and never done again. Printable ASCII.",
        {"type": "string", "pattern": "^[ -~]{1,255}$", "examples": ["2026-11-21-0007"]},
    ),
    "Prefer": _header(
        "`respond-async` for an answer at once, `wait=N` to wait N seconds for the result (30 at "
        "most); anything else is passed over (RFC 7240).",
        _TEXT,
    ),
}
"""In requests."""
