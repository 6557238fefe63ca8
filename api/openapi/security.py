"""OpenAPI's security schemes and requirements, from the access rule of each view."""

from __future__ import annotations

from collections.abc import Mapping

from api.web import audiences, sessions
from api.web.access import Rule

SCHEMES: dict[str, dict[str, object]] = {
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
}

Requirement = dict[str, list[str]]


def schemes() -> dict[str, Mapping[str, object]]:
    """All schemes there are, those of each audience among them."""
    merged: dict[str, Mapping[str, object]] = dict(SCHEMES)
    for audience in audiences.every():
        merged |= audience.schemes
    return merged


def of(rule: Rule) -> list[Requirement]:
    """The ways in, each enough by itself; none means that everybody may enter."""
    if rule.role == "public":
        return []
    audience = audiences.of_role(rule.role)
    if audience is not None:
        return [{name: [] for name in way} for way in audience.ways]
    ways: list[Requirement] = [{"bearer": [rule.role]}, {"session": [rule.role]}]
    return [*ways, {}] if rule.loopback else ways
