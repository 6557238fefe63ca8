"""``GET /``: what this is, and where to go on."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from api.access import allow
from api.openapi.description import Answer, describe
from api.openapi.shape import Shape
from core.version import version

bp = Blueprint("home", __name__)


class Home(Shape):
    """What this is; ``links`` are paths."""

    name: str
    version: str
    links: dict[str, str]


@bp.get("/")
@allow("public")
@describe(Answer(kind=Home))
def home() -> dict[str, Any]:
    """Name, version and links."""
    return {
        "name": "Moulin",
        "version": version(),
        "links": {"health": "/healthz", "operations": "/api/ops/syncs", "docs": "/docs"},
    }
