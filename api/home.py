"""``GET /``: what this is, and where to go on."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from api.access import allow
from core.version import version

bp = Blueprint("home", __name__)


@bp.get("/")
@allow("public")
def home() -> dict[str, Any]:
    """Name, version and links."""
    return {
        "name": "Moulin",
        "version": version(),
        "links": {"health": "/healthz", "operations": "/api/ops/syncs"},
    }
