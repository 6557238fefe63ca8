"""How this process is: ``/livez`` for a supervisor, ``/readyz`` and ``/healthz`` for a proxy.

The store is the queue of record: without it nothing can be taken in. Without the broker it can,
and workers find the work by themselves, so that is degraded and ready.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from api.bell import BELL
from api.web.access import allow
from api.web.describe import Answer, describe
from db import migrate
from syncs.views.shapes import Shape

bp = Blueprint("process", __name__)

READY, UNAVAILABLE = 200, 503
TEXT = "text/plain"


class Checks(Shape):
    """Each on its own."""

    store: Literal["ok", "away", "not_migrated"]
    broker: Literal["ok", "away"]


class Health(Shape):
    """``degraded`` is ready all the same."""

    status: Literal["ready", "degraded", "unavailable"]
    checks: Checks


class Verbosely(BaseModel):
    """With ``verbose``, whatever its value, the checks are answered one by one."""

    verbose: str | None = None


IN_WORDS = (
    Answer(media_type=TEXT, when="ready"),
    Answer(status=UNAVAILABLE, media_type=TEXT, when="the store is away or not migrated"),
)
ONE_BY_ONE = (
    Answer(kind=Health, when="ready, or degraded"),
    Answer(status=UNAVAILABLE, kind=Health, when="the store is away or not migrated"),
)


@bp.get("/livez")
@allow("public")
@describe(Answer(media_type=TEXT))
def live() -> Response:
    """This process answers; it looks at nothing else."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
@allow("public")
@describe(*IN_WORDS, *ONE_BY_ONE, query=Verbosely)
def ready() -> Response:
    """200 when sales can be taken in, else 503; with ``?verbose`` why."""
    if "verbose" in request.args:
        return health()
    store = store_check()
    word = "ready" if store == "ok" else "unavailable"
    status = READY if store == "ok" else UNAVAILABLE
    return Response(f"{word}\n", status, mimetype="text/plain")


@bp.get("/healthz")
@allow("public")
@describe(*ONE_BY_ONE)
def health() -> Response:
    """The checks one by one: ``status`` is ready, degraded (ready all the same) or unavailable."""
    store = store_check()
    broker = "ok" if BELL.answers() else "away"
    status = "unavailable" if store != "ok" else "ready" if broker == "ok" else "degraded"
    answer: dict[str, object] = {"status": status, "checks": {"store": store, "broker": broker}}
    response = jsonify(answer)
    response.status_code = READY if store == "ok" else UNAVAILABLE
    return response


def store_check() -> str:
    """``ok``, ``away`` or ``not_migrated``."""
    try:
        return "ok" if migrate.current() == _head() else "not_migrated"
    except (DBAPIError, PoolTimeoutError):
        return "away"


@cache
def _head() -> str:
    # What the code needs cannot change while it runs.
    return migrate.head()
