"""``GET /``: what this is, and where to go on."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from api.access import allow
from api.inventory.summary import summary
from api.openapi.description import Answer, describe
from api.openapi.shape import Shape
from api.pages import page
from core.version import version
from db import bulk
from db.session import reading

bp = Blueprint("home", __name__)
page.answers_as_page(bp)


class Home(Shape):
    """What this is; ``links`` are paths."""

    name: str
    version: str
    links: dict[str, str]


@bp.get("/")
@allow("public")
@describe(Answer(kind=Home, when="machines ask"), Answer(media_type=page.HTML, when="people do"))
def home() -> ResponseReturnValue:
    """What this is, and where to go on; for people how fresh the data is."""
    if request.accept_mimetypes.best_match(("application/json", page.HTML)) == page.HTML:
        told = summary(details=False)
        with reading() as session:
            return page.render("home", told=told, now=bulk.now(session))
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
