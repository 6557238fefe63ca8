"""The answers that no view has to describe, for they follow from its role, path, query and body."""

from __future__ import annotations

from collections.abc import Iterator

from api.web.access import Rule
from api.web.describe import HTML, Answer, Description, refuses, refuses_till

OF_TEXTS = (
    "BYTE_ORDER_MARK", "DUPLICATE_KEY", "INVALID_JSON", "INVALID_UTF8", "TOO_DEEP",
)  # fmt: skip
"""What the strict loader refuses a text for."""
OF_VALUES = ("INVALID_CHARACTER", "NOT_FINITE", "NUMBER_TOO_LARGE", "NUMBER_TOO_LONG")
"""What it refuses for one value; of a till that value's sale is refused and not the others."""

_AWAY = ("STORE_AWAY", "CONFIGURATION")
_AWAY_WHEN = "the store is away, or the server's settings are wrong"

SHARED = {
    "InvalidQuery": refuses(400, "INVALID_QUERY", when="a parameter is unknown, wrong or double"),
    "NoStrictJSON": refuses(400, *OF_TEXTS, *OF_VALUES, when="the body is no strict JSON"),
    "Unauthorized": refuses(
        401, "UNAUTHORIZED", headers=("WWW-Authenticate",),
        when="the token is missing, unknown or revoked",
    ),
    "Forbidden": refuses(
        403, "FORBIDDEN", "FOREIGN_FORM", maybe=("WWW-Authenticate",),
        when="the role is too low, or a session's order came without its `X-CSRF-Token`",
    ),
    "NotFound": refuses(404, "NOT_FOUND", when="there is no such thing"),
    "BodyTooLarge": refuses(413, "BODY_TOO_LARGE", when="the body is larger than 2 MiB"),
    "UnsupportedMediaType": refuses(
        415, "UNSUPPORTED_MEDIA_TYPE",
        when="the body is not application/json, not UTF-8, or compressed",
    ),
    "InvalidFields": refuses(
        422, "INVALID_FIELDS", when="fields of the body are wrong or unknown"
    ),
    "StoreAway": refuses(503, *_AWAY, maybe=("Retry-After",), when=_AWAY_WHEN),
    "PageLogin": Answer(
        status=303, media_type=HTML, headers=("Location",), when="nobody is logged in"
    ),
    "PageForbidden": Answer(
        status=403, media_type=HTML, maybe=("WWW-Authenticate",),
        when="the role is too low, or the form is none of ours",
    ),
    "PageBodyTooLarge": Answer(status=413, media_type=HTML, when="the form is too large"),
    "PageStoreAway": Answer(
        status=503, media_type=HTML, maybe=("Retry-After",), when=_AWAY_WHEN
    ),
    "TillWithoutSerial": refuses_till(
        400, "MISSING_SERIAL", when="there is no `X-Device-Serial`"
    ),
    "TillQuery": refuses_till(
        400, "INVALID_QUERY", when="a parameter is unknown, wrong or double; `champ` names it"
    ),
    "TillUnproven": refuses_till(
        401, "MISSING_TOKEN", "INVALID_TOKEN", "MISSING_SIGNATURE", "INVALID_SIGNATURE",
        "INVALID_TIMESTAMP", "SIGNATURE_REPLAYED", headers=("WWW-Authenticate",),
        when="the proof that the terminal's level asks for is missing or wrong",
    ),
    "TillUnknown": refuses_till(
        404, "TERMINAL_NOT_FOUND", when="the serial is unknown or its terminal was revoked"
    ),
    "TillBodyTooLarge": refuses_till(413, "BODY_TOO_LARGE", when="the body is larger than 2 MiB"),
    "TillGuesses": refuses_till(
        429, "TOO_MANY_ATTEMPTS", headers=("Retry-After",),
        when="this address tried too many unknown serials",
    ),
    "TillStoreAway": refuses_till(503, *_AWAY, maybe=("Retry-After",), when=_AWAY_WHEN),
}  # fmt: skip
"""Answers that the document has once, and each operation refers to."""

_OF_ROLE = {
    "public": (),
    "viewer": ("Unauthorized", "StoreAway"),
    "operator": ("Unauthorized", "Forbidden", "StoreAway"),
    "admin": ("Unauthorized", "Forbidden", "StoreAway"),
    "terminal": (
        "TillWithoutSerial", "TillUnproven", "TillUnknown", "TillGuesses", "TillStoreAway",
    ),
}  # fmt: skip

_OF_PAGE = {
    "Unauthorized": "PageLogin", "Forbidden": "PageForbidden", "StoreAway": "PageStoreAway",
}  # fmt: skip
"""The same as pages for people."""


def names(rule: Rule, description: Description, *, in_path: bool) -> tuple[str, ...]:
    """What of ``SHARED`` a view answers; ``in_path``: its path has parameters."""
    of_role = _OF_ROLE[rule.role]
    if rule.role == "terminal":
        return (*of_role, *description.shares, *_till(description))
    if description.is_page:
        return (*map(_OF_PAGE.__getitem__, of_role), *description.shares)
    return (*of_role, *description.shares, *_ops(description, in_path=in_path))


def _ops(description: Description, *, in_path: bool) -> Iterator[str]:
    if in_path:
        yield "NotFound"
    if _strict(description):
        yield "InvalidQuery"
    if description.body is not None:
        yield from ("NoStrictJSON", "BodyTooLarge", "UnsupportedMediaType", "InvalidFields")


def _till(description: Description) -> Iterator[str]:
    if _strict(description):
        yield "TillQuery"
    if description.body is not None:
        yield "TillBodyTooLarge"


def _strict(description: Description) -> bool:
    """Whether there is a query and anything wrong with it; a model may take what it likes."""
    query = description.query
    return query is not None and query.model_config.get("extra") == "forbid"
