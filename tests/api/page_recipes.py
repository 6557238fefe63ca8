"""How each answer of the pages is brought about; see ``recipes``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.test import TestResponse

from db.access import keys, operators
from db.session import writing

Ask = Callable[..., TestResponse]
Recipe = Callable[[Ask], TestResponse]

APIKEY = "/admin/inventory/apikey"
RUN = "POST /inventory/status/run"


def enter(ask: Ask, token: str) -> TestResponse:
    return ask("POST /login", role=None, own_form=True, data={"token": token})


def enter_well(ask: Ask) -> TestResponse:
    with writing() as session:
        token = operators.add(session, name="somebody", role="viewer")[1]
    return enter(ask, token)


def enter_often(ask: Ask) -> TestResponse:
    return [enter(ask, "mln_x") for _ in range(11)][-1]


def switch(ask: Ask) -> TestResponse:
    with writing() as session:
        keys.add(session, name="old", key="k")
    return ask(f"POST {APIKEY}/switch/", data={"name": "old"})


def add(ask: Ask, **fields: Any) -> TestResponse:
    return ask(f"POST {APIKEY}/add/", data=fields)


ALL: dict[tuple[str, int], Recipe] = {
    ("pages_status", 200): lambda ask: ask("GET /inventory/status/"),
    ("pages_run", 303): lambda ask: ask(RUN, data={"sync": "b2b.products"}),
    ("pages_run", 422): lambda ask: ask(RUN, data={"sync": "nothing"}),
    ("login_show", 200): lambda ask: ask("GET /login", role=None),
    ("login_enter", 303): enter_well,
    ("login_enter", 403): lambda ask: ask("POST /login", role=None),
    ("login_enter", 422): lambda ask: enter(ask, "mln_x"),
    ("login_enter", 429): enter_often,
    ("login_leave", 303): lambda ask: ask("POST /logout", role=None, own_form=True),
    ("login_leave", 403): lambda ask: ask("POST /logout", role=None),
    ("keys_index", 200): lambda ask: ask(f"GET {APIKEY}/"),
    ("keys_form", 200): lambda ask: ask(f"GET {APIKEY}/add/"),
    ("keys_add", 303): lambda ask: add(ask, name="new", key="k"),
    ("keys_add", 422): lambda ask: add(ask, name="new", key=""),
    ("keys_switch", 303): switch,
    ("keys_switch", 409): lambda ask: ask(f"POST {APIKEY}/switch/", data={"name": "nobody"}),
    ("static_files_docs_style", 200): lambda ask: ask("GET /static/docs.css"),
    ("static_files_pages_style", 200): lambda ask: ask("GET /static/pages.css"),
    ("static_files_script", 200): lambda ask: ask("GET /static/live.js"),
    ("static_files_icon", 200): lambda ask: ask("GET /static/icon.svg"),
}
"""By operation and status."""
