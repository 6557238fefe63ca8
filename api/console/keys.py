"""``/admin/inventory/apikey/``: the keys of the B2B source, kept sealed, one of them in use."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from api.console import page
from api.console.answers import CONFLICT, PAGE, SEE_OTHER, wrong
from api.ops.commands import by
from api.web.access import allow
from api.web.describe import describe
from api.web.problems import Problem
from connectors.http import auth
from core.details import printable
from core.errors import ConfigurationError, NotFoundError, RefusedError
from db import bulk
from db.session import reading
from syncs.acts import keys as acts
from syncs.views import keys as views

bp = Blueprint("keys", __name__, url_prefix="/admin/inventory/apikey")
page.answers_as_page(bp)

LONGEST_NAME = 100
LONGEST_KEY = 1000


@bp.get("/", strict_slashes=False)
@allow("admin")
@describe(PAGE)
def index() -> ResponseReturnValue:
    """The keys by name; none is shown."""
    with reading() as session:
        return page.render("keys", keys=views.every(session), now=bulk.now(session))


@bp.get("/add/", strict_slashes=False)
@allow("admin")
@describe(PAGE)
def form() -> ResponseReturnValue:
    """The form for a new key."""
    return page.render("key", name="", active=True, problem=None)


@bp.post("/add/", strict_slashes=False)
@allow("admin")
@describe(SEE_OTHER, wrong("a field is wrong, or the name is taken"), shares=("PageBodyTooLarge",))
def add() -> ResponseReturnValue:
    """Keep a key, sealed."""
    name, key = (request.form.get(field, "").strip() for field in ("name", "key"))
    active = "active" in request.form
    problem = _problem(name, key) or _keep(name, key, active=active)
    if problem is not None:
        return page.render("key", status=422, name=name, active=active, problem=problem)
    page.leave("keys.saved", name=name)
    return page.go("keys.index")


@bp.post("/switch/", strict_slashes=False)
@allow("admin")
@describe(SEE_OTHER, CONFLICT, shares=("PageBodyTooLarge",))
def switch() -> ResponseReturnValue:
    """Put a key in use, or with ``deactivate`` none of them."""
    name = None if "deactivate" in request.form else request.form.get("name", "")
    if name is None:
        acts.deactivate_any(by=by())
        page.leave("keys.stopped")
    else:
        try:
            acts.activate(name, by=by())
        except NotFoundError as error:
            # The page was there; what its button names is gone.
            raise Problem(409, error.code, str(error)) from error
        page.leave("keys.switched", name=name)
    return page.go("keys.index")


def _problem(name: str, key: str) -> str | None:
    if not 0 < len(name) <= LONGEST_NAME or printable(name) != name:
        return "keys.wrong_name"
    if len(key) > LONGEST_KEY:
        return "keys.wrong_key"
    try:
        auth.bearer(key, where="")
    except ConfigurationError:
        return "keys.wrong_key"
    return None


def _keep(name: str, key: str, *, active: bool) -> str | None:
    try:
        acts.add(name, key, activate=active, by=by())
    except RefusedError:
        return "keys.taken"
    return None
