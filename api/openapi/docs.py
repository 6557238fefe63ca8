"""``/openapi.json``, and ``/docs``, which shows it to people: one page, one style, no script."""

from __future__ import annotations

import re

from flask import Blueprint, Flask, Response, current_app, json, render_template
from markupsafe import Markup, escape

from api.openapi import page
from api.openapi.document import document
from api.openapi.schemas import Schema
from api.web.access import allow
from api.web.describe import JSON, Answer, describe

bp = Blueprint("docs", __name__)

POLICY = (
    "default-src 'none'; style-src 'self'; form-action 'none'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
_CODE = re.compile("`([^`]+)`")


def register(app: Flask) -> None:
    """Let ``app``'s templates write `code` as such."""
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.add_template_filter(_marked, "marked")


@bp.get("/openapi.json")
@allow("public")
@describe(Answer(kind=Schema, when="this document"))
def openapi() -> Response:
    """The OpenAPI 3.1 document of everything here."""
    return Response(json.dumps(current()), mimetype=JSON)


@bp.get("/docs")
@allow("public")
@describe(Answer(media_type="text/html", when="the same for people"))
def docs() -> Response:
    """The document as a page; it needs nothing from elsewhere and no script."""
    described = current()
    text = render_template(
        "docs.html",
        document=described,
        groups=page.groups(described),
        errors=page.errors(described),
    )
    return Response(text, headers={"Content-Security-Policy": POLICY}, mimetype="text/html")


def current() -> Schema:
    """The document of this application, made when it is first asked for."""
    made: dict[str, Schema] = current_app.extensions
    if "openapi" not in made:
        made["openapi"] = document(current_app)
    return made["openapi"]


def _marked(text: str) -> Markup:
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704, escaped before
