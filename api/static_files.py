"""``/static/…``: the styles and the one script of our pages, by name; nothing else is served."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response

from api.access import allow
from api.openapi.description import Answer, describe

bp = Blueprint("static_files", __name__, url_prefix="/static")

HERE = Path(__file__).with_name("static")
CACHED = {"Cache-Control": "public, max-age=300"}


@bp.get("/<any('docs.css', 'pages.css'):name>")
@allow("public")
@describe(Answer(media_type="text/css"))
def style(name: str) -> Response:
    """A style."""
    return Response((HERE / name).read_bytes(), headers=CACHED, mimetype="text/css")


@bp.get("/live.js")
@allow("public")
@describe(Answer(media_type="text/javascript"))
def script() -> Response:
    """What reads the status page again."""
    return Response((HERE / "live.js").read_bytes(), headers=CACHED, mimetype="text/javascript")
