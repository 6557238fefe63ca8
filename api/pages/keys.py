"""``/admin/inventory/apikey/``: the keys of the B2B source, kept sealed, one of them in use."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from api.access import allow, caller
from api.openapi.description import Answer, describe
from api.pages import page
from api.pages.login import PAGE, SEE_OTHER
from connectors.http.credentials import header
from core.details import printable
from core.errors import ConfigurationError, RefusedError
from db import audit, bulk, keys
from db.session import reading, writing

bp = Blueprint("keys", __name__, url_prefix="/admin/inventory/apikey")
page.answers_as_page(bp)

LONGEST_NAME = 100
LONGEST_KEY = 1000
WRONG = Answer(status=422, media_type=page.HTML, when="a field is wrong")


@bp.get("/", strict_slashes=False)
@allow("admin")
@describe(PAGE)
def index() -> ResponseReturnValue:
    """The keys by name; none is shown."""
    with reading() as session:
        return page.render("keys", keys=keys.every(session), now=bulk.now(session))


@bp.get("/add/", strict_slashes=False)
@allow("admin")
@describe(PAGE)
def form() -> ResponseReturnValue:
    """The form for a new key."""
    return page.render("key", name="", problem=None)


@bp.post("/add/", strict_slashes=False)
@allow("admin")
@describe(SEE_OTHER, WRONG)
def add() -> ResponseReturnValue:
    """Keep a key, sealed."""
    name = request.form.get("name", "").strip()
    key = request.form.get("key", "").strip()
    problem = _problem(name, key)
    if problem is None:
        try:
            with writing() as session:
                active = "active" in request.form
                keys.add(session, name=name, key=key, activate=active)
                audit.note(
                    session, who=caller().who, what="apikey.add", subject=f"key {name}",
                    active=active,
                )  # fmt: skip
        except RefusedError:
            problem = "keys.taken"
    if problem is not None:
        return page.render("key", status=422, name=name, problem=problem)
    page.leave("keys.saved", name=name)
    return page.go("keys.index")


@bp.post("/switch/", strict_slashes=False)
@allow("admin")
@describe(SEE_OTHER, WRONG)
def switch() -> ResponseReturnValue:
    """Put a key in use; without a name none is."""
    name = request.form.get("name") or None
    with writing() as session:
        keys.switch(session, name)
        audit.note(
            session, who=caller().who, what="apikey.activate" if name else "apikey.deactivate",
            subject=f"key {name}" if name else "keys",
        )  # fmt: skip
    page.leave("keys.switched" if name else "keys.stopped", **({"name": name} if name else {}))
    return page.go("keys.index")


def _problem(name: str, key: str) -> str | None:
    if not 0 < len(name) <= LONGEST_NAME or printable(name) != name:
        return "keys.wrong_name"
    if len(key) > LONGEST_KEY:
        return "keys.wrong_key"
    try:
        header("Authorization: Bearer {key}", key, where="")
    except ConfigurationError:
        return "keys.wrong_key"
    return None
