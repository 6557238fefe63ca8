"""``/static/…``: the styles, the icon and the one script of our pages; nothing else is served."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response

from api.web.access import allow
from api.web.describe import Answer, describe

bp = Blueprint("static_files", __name__, url_prefix="/static")

HERE = Path(__file__).parent.parent / "static"
CACHED = {"Cache-Control": "public, max-age=300"}
CSS, SCRIPT, SVG = "text/css", "text/javascript", "image/svg+xml"


@bp.get("/docs.css")
@allow("public")
@describe(Answer(media_type=CSS))
def docs_style() -> Response:
    """How the page of the document looks."""
    return _file("docs.css", CSS)


@bp.get("/pages.css")
@allow("public")
@describe(Answer(media_type=CSS))
def pages_style() -> Response:
    """How the pages look."""
    return _file("pages.css", CSS)


@bp.get("/live.js")
@allow("public")
@describe(Answer(media_type=SCRIPT))
def script() -> Response:
    """What reads the status page again."""
    return _file("live.js", SCRIPT)


@bp.get("/icon.svg")
@allow("public")
@describe(Answer(media_type=SVG))
def icon() -> Response:
    """The icon in a browser's tab."""
    return _file("icon.svg", SVG)


def _file(name: str, media_type: str) -> Response:
    return Response((HERE / name).read_bytes(), headers=CACHED, mimetype=media_type)
