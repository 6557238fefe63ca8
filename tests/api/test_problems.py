"""Errors: problem details, without anything of the request or of our inside."""

from __future__ import annotations

import io
import json

import core.settings
from api.web import access
from core import logs
from tests.servers import free_port

SECRET = "canary-4711-canary"


def test_an_unknown_address_is_a_problem(ask):
    answer = ask("GET /api/ops/nothing", role=None)

    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert answer.get_json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is nothing at this address.",
        "code": "NOT_FOUND",
        "correlation_id": answer.headers["X-Request-ID"],
    }


def test_another_method_is_a_405_that_names_the_right_one(ask):
    for method in ("DELETE", "PUT", "PATCH", "OPTIONS", "POST", "TRACE", "FOO"):
        answer = ask(f"{method} /api/ops/syncs")

        assert (answer.status_code, answer.get_json()["code"]) == (405, "METHOD_NOT_ALLOWED")
        assert answer.headers["Allow"] == "GET, HEAD"


NOWHERE = (
    "/api/ops/runs/0",
    "/api/ops/runs/-1",
    "/api/ops/runs/1.5",
    "/api/ops/runs/99999999999999999999",
    "/api/ops/runs/" + "9" * 5000,
    "/api/ops/runs/٣",
    "/api/ops/runs/1%00",
    "/api/ops/runs/1/",
    "/api/ops/runs/7",
    "/api/ops/failures/7",
    "/api/ops/rejects/7",
    "/api//ops/syncs",
    "/%ff%fe",
    "/../../etc/passwd",
    "/static/x",
)


def test_what_cannot_be_there_is_not_found(ask):
    for path in NOWHERE:
        answer = ask(f"GET {path}")

        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json"), path


WRONG_QUERIES = (
    "limit=0",
    "limit=201",
    "limit=x",
    "limit=",
    "limit=9999999999999999999999",
    "cursor=0",
    "cursor=-1",
    "cursor=x",
    "cursor=9223372036854775808",
    "status=maybe",
    "sync=%00",
    "sync=a%20b",
    "sync=%ff",
    "sync=" + "a" * 200,
    "unknown=1",
    "limit=1&limit=2",
    "cursor=" + "9" * 5000,
)


def test_a_wrong_parameter_is_named(ask):
    for query in WRONG_QUERIES:
        answer = ask(f"GET /api/ops/runs?{query}")

        assert (answer.status_code, answer.get_json()["code"]) == (400, "INVALID_QUERY"), query
        assert answer.get_json()["errors"][0]["field"] == query.partition("=")[0], query


def test_no_answer_repeats_a_header_a_query_or_a_body(ask):
    for role in (None, "viewer", "admin"):
        for door in ("GET /", "POST /api/ops/syncs/b2b.products/run", "POST /nothing"):
            for options in ({"json": {"why": [SECRET]}}, {"data": f'{{"why": "{SECRET}'}):
                answer = ask(
                    f"{door}?key={SECRET}",
                    role=role,
                    headers={"Cookie": SECRET, "X-Request-ID": f"{SECRET} ", "X-Key": SECRET},
                    **options,
                )

                assert SECRET not in answer.text + str(answer.headers)


def test_what_nobody_foresaw_shows_an_id_and_is_logged_whole(app, ask, monkeypatch):
    monkeypatch.setenv("LOG_FORMAT", "json")
    core.settings.reset()
    written = io.StringIO()
    logs.configure(written)
    monkeypatch.setitem(app.view_functions, "home.home", _broken(app.view_functions["home.home"]))

    answer = ask("GET /", headers={"Accept": "application/json"})

    problem = answer.get_json()
    assert (answer.status_code, problem["code"]) == (500, "INTERNAL")
    assert problem["correlation_id"] == answer.headers["X-Request-ID"]
    assert "7/0" not in answer.text
    assert "Traceback" not in answer.text
    crash = next(
        line for line in map(json.loads, written.getvalue().splitlines()) if "exception" in line
    )
    assert crash["event"] == "request.crashed"
    assert crash["correlation_id"] == problem["correlation_id"]
    assert "ZeroDivisionError: 7/0" in crash["exception"]


def test_a_store_that_is_away_is_a_503_that_says_when_to_come_back(ask, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"postgresql://u:{SECRET}@127.0.0.1:{free_port()}/moulin")
    core.settings.reset()

    for door in ("GET /api/ops/syncs", "POST /api/ops/syncs/b2b.products/run", "GET /metrics"):
        answer = ask(door)

        assert (answer.status_code, answer.get_json()["code"]) == (503, "STORE_AWAY")
        assert answer.headers["Retry-After"] == "5"
        assert SECRET not in answer.text
        assert "127.0.0.1" not in answer.text


def test_a_wrong_setting_is_a_503_that_tells_strangers_nothing(ask, monkeypatch):
    monkeypatch.setenv("SYNC_SCHEDULE_B2B_PRODUCTS", SECRET)
    core.settings.reset()

    answer = ask("GET /api/ops/syncs")

    assert (answer.status_code, answer.get_json()["code"]) == (503, "CONFIGURATION")
    assert SECRET not in answer.text
    assert "SYNC_SCHEDULE" not in answer.text


def _broken(view):
    @access.allow("public")
    def fail():
        raise ZeroDivisionError("7/0")

    return fail
