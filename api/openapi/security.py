"""Who may call what, as OpenAPI says it, from the rule beside each view."""

from __future__ import annotations

from typing import Any

from api import sessions
from api.access import Rule
from api.till import devices, proofs

SCHEMES: dict[str, dict[str, Any]] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "mln_…",
        "description": "A token of `python manage.py operator add --name NAME --role ROLE`. The "
        "role that an operation names is the least: viewer, operator, admin.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": sessions.COOKIE,
        "description": "A person's session, begun at `/login`; over https its name is "
        f"`__Host-{sessions.COOKIE}`. Whatever is no GET needs `{sessions.CSRF_HEADER}` as well: "
        "the word in the field `csrf` of every form of the pages.",
    },
    "deviceSerial": {
        "type": "apiKey",
        "in": "header",
        "name": devices.SERIAL,
        "description": "A till's serial number, of `python manage.py terminal add`. At level 0 it "
        "is enough. Any till may send `X-Device-Timestamp` as well; it tells what its clock says.",
    },
    "deviceToken": {
        "type": "apiKey",
        "in": "header",
        "name": proofs.TOKEN,
        "description": "At level 1: the terminal's token.",
    },
    "deviceSignature": {
        "type": "apiKey",
        "in": "header",
        "name": proofs.SIGNATURE,
        "description": "At level 2: HMAC-SHA256 in hex, under the terminal's token, of method, "
        "path with its query, `X-Device-Timestamp`, SHA-256 of the body in hex and, if it is sent, "
        "`X-Device-Nonce`, joined by line feeds.",
    },
    "deviceTimestamp": {
        "type": "apiKey",
        "in": "header",
        "name": proofs.TIMESTAMP,
        "description": "At level 2: when it was signed, in Unix seconds or ISO 8601, at most 300 s "
        "from the server's clock.",
    },
}

_TILL = (
    ("deviceSerial",),
    ("deviceSerial", "deviceToken"),
    ("deviceSerial", "deviceSignature", "deviceTimestamp"),
)

Requirement = dict[str, list[str]]


def of(rule: Rule) -> list[Requirement]:
    """The ways in, each enough by itself; none means that everybody may enter."""
    if rule.role == "public":
        return []
    if rule.role == "terminal":
        return [{name: [] for name in way} for way in _TILL]
    ways: list[Requirement] = [{"bearer": [rule.role]}, {"session": [rule.role]}]
    return [*ways, {}] if rule.loopback else ways
