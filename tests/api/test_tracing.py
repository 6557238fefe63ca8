"""What every answer and every request have in common: id, headers, one line in the log."""

from __future__ import annotations

import io
import json

import pytest

import core.settings
from api.console import page
from api.openapi import docs
from core import logs
from db.models import AuditEvent, SyncRun
from db.session import reading
from tests.api.test_access import DOORS, PAGES, filled


@pytest.fixture
def lines(app, monkeypatch):
    monkeypatch.setenv("LOG_FORMAT", "json")
    core.settings.reset()
    written = io.StringIO()
    logs.configure(written)
    return lambda: [
        line
        for line in map(json.loads, written.getvalue().splitlines())
        if line["event"] == "request"
    ]


@pytest.mark.parametrize("given", ["a", "Till-7_2026.11", "x" * 64])
def test_an_id_that_fits_is_kept(ask, given):
    assert ask("GET /livez", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a:b", "é", "<b>", "a\tb", "a,b", "٣"])
def test_another_id_is_replaced(ask, given):
    found = ask("GET /livez", headers={"X-Request-ID": given}).headers["X-Request-ID"]

    assert found != given
    assert len(found) == 32


def test_each_request_has_an_id_of_its_own(ask):
    found = {ask("GET /livez").headers["X-Request-ID"] for _ in range(5)}

    assert len(found) == 5
    assert logs.correlation_id() is None


def test_the_id_goes_with_the_work(ask, lines):
    ask("POST /api/ops/syncs/b2b.products/run", headers={"X-Request-ID": "from-the-shop"})

    with reading() as session:
        assert session.query(SyncRun).one().correlation_id == "from-the-shop"
        assert session.query(AuditEvent).one().correlation_id == "from-the-shop"
    assert lines()[0]["correlation_id"] == "from-the-shop"


def test_a_request_is_one_line_with_its_route_and_without_what_it_said(ask, lines):
    ask("GET /api/ops/runs/7?secret=canary", headers={"X-Key": "canary"})
    ask("GET /canary/canary", role=None)

    first, second = lines()
    assert {key: first[key] for key in ("level", "method", "route", "status")} == {
        "level": "info",
        "method": "GET",
        "route": "/api/ops/runs/<ident:run_id>",
        "status": 400 if first["status"] == 400 else 404,
    }
    assert first["ms"] >= 0
    assert (second["route"], second["status"]) == ("(unknown)", 404)
    assert "canary" not in json.dumps([first, second])


# A form has a word that its cookie knows.
FORMS = {door for door, role in PAGES.items() if role == "admin" or door == "GET /login"}
FORMS |= {"POST /inventory/status/run", "POST /inventory/status/stop"}


def test_security_headers_stand_on_every_answer_errors_included(ask):
    doors = [*map(filled, DOORS), "GET /nothing", "DELETE /livez", "POST /api/ops/failures/retry"]
    for role in (None, "admin"):
        for door in doors:
            answer = ask(door, role=role)
            headers = answer.headers

            # Pages may have their style and their script, and a browser may keep those.
            kept = "public, max-age=300" if door.startswith("GET /static/") else "no-store"
            style = docs.POLICY if door == "GET /docs" else ""
            referrer = "no-referrer"
            if door in {*PAGES, "GET /"} and "303" not in answer.status:
                style, referrer = page.HEADERS["Content-Security-Policy"], "same-origin"

            assert headers["Content-Security-Policy"] == (
                style or "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
            )
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Referrer-Policy"] == referrer
            assert headers["Cache-Control"] == kept
            assert "Server" not in headers
            assert "Set-Cookie" not in headers or door in FORMS
            assert "Access-Control-Allow-Origin" not in headers
            assert "Strict-Transport-Security" not in headers


def test_over_tls_the_browser_is_told_to_stay_there(ask):
    headers = ask("GET /", base_url="https://moulin.example").headers

    assert "max-age" in headers["Strict-Transport-Security"]
