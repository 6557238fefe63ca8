"""``GET /``: what this is and where to go on."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from api.console import page
from api.storefront.status import summary
from api.web import problems
from api.web.access import allow
from api.web.describe import HTML, Answer, describe
from core.version import version
from db import bulk
from db.session import reading
from syncs.views.shapes import Shape

bp = Blueprint("home", __name__)


class Home(Shape):
    """What this is, and where to go on."""

    name: str
    version: str
    links: dict[str, str]


@bp.get("/")
@allow("public")
@describe(
    Answer(kind=Home, when="JSON is asked for"),
    Answer(media_type=HTML, when="anything else is, or nothing"),
    shares=("PageStoreAway",),
)
def home() -> ResponseReturnValue:
    """What this is, and where to go on; for people how fresh the data is."""
    if page.wanted(request.accept_mimetypes):
        state = summary(details=False)
        with reading() as session:
            return page.render("home", told=state, now=bulk.now(session))
    return {
        "name": "Moulin",
        "version": version(),
        "links": {
            "health": "/healthz",
            "status": "/inventory/api/status/",
            "operations": "/api/ops/syncs",
            "docs": "/docs",
        },
    }


@bp.errorhandler(Exception)
def refuse(error: Exception) -> Response:
    """As a page where one is asked for, else as a problem."""
    as_page = page.wanted(request.accept_mimetypes)
    return page.refuse(error) if as_page else problems.handle(error)
