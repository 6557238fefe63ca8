"""``/api/ops/connectors``, and the connectors on the page: who may see what of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import insert

from connectors.audit import CallNote
from db import bulk
from db.models import SyncRun
from db.session import reading, writing
from db.types import db_now
from db.work import calls, folders
from sandbox import square
from tests import webhooks
from tests.connectors.folder import configure, forget_process, square_at

WHERE = "/api/ops/connectors"


@pytest.fixture
def folder(store, monkeypatch, tmp_path) -> Iterator[None]:
    """Square, and a connector whose secret is written out."""
    wrong = {"vendor": "square", "auth": {"method": "bearer", "token": "hunter2"}}
    square = square_at("https://square.example")
    configure(monkeypatch, tmp_path / "connectors", square=square, bar=wrong)
    yield
    forget_process()


def note(path: str, *, error: str | None = None) -> None:
    with writing() as session:
        made = CallNote(
            connector="square",
            verb="GET",
            path=path,
            status=200,
            error=error,
            ms=12,
            tries=1,
            correlation_id=None,
            at=bulk.now(session),
        )
        calls.keep(session, [{name: getattr(made, name) for name in CallNote.__slots__}])


def test_connectors_are_listed(folder, ask):
    listed = ask(f"GET {WHERE}", role="operator").get_json()

    states = {each["name"]: each["state"] for each in listed["results"]}
    assert states == {"square": "ok", "bar": "invalid"}
    assert listed["next"] is None
    assert ask(f"GET {WHERE}", role="viewer").status_code == 403
    assert ask(f"GET {WHERE}", role=None).status_code == 401


def test_a_connector_is_told_with_its_problems(folder, ask):
    square = ask(f"GET {WHERE}/square").get_json()
    bar = ask(f"GET {WHERE}/bar").get_json()

    assert (square["vendor"], square["problems"]) == ("square", [])
    assert square["capabilities"]["get_transactions"] is True
    assert [each["path"] for each in bar["problems"]] == ["bar.auth.token"]
    assert "hunter2" not in str(bar)
    for name in ("nobody", "pos.yaml", "%2e%2e"):
        assert ask(f"GET {WHERE}/{name}").status_code == 404
    assert ask(f"GET {WHERE}/square", role="viewer").status_code == 403
    assert ask(f"GET {WHERE}/square", role=None).status_code == 401


def test_its_calls_are_told_newest_first_page_by_page(folder, ask):
    for path in ("/v2/locations", "/v2/orders/search"):
        note(path)

    first = ask(f"GET {WHERE}/square/calls?limit=1").get_json()
    second = ask(f"GET {first['next']}").get_json()

    assert [each["path"] for each in first["results"]] == ["/v2/orders/search"]
    assert [each["path"] for each in second["results"]] == ["/v2/locations"]
    assert ask(f"GET {WHERE}/nobody/calls").status_code == 404
    assert ask(f"GET {WHERE}/square/calls?limit=0").status_code == 400
    assert ask(f"GET {WHERE}/square/calls", role="viewer").status_code == 403
    assert ask(f"GET {WHERE}/square/calls", role=None).status_code == 401


def test_the_syncs_of_a_connector_are_listed_and_run(folder, ask):
    listed = {each["name"]: each for each in ask("GET /api/ops/syncs").get_json()["results"]}

    assert listed["square.transactions"]["schedule"] == "*/15 * * * *"
    answer = ask("POST /api/ops/syncs/square.transactions/run", json={})
    assert answer.status_code == 202
    assert ask("POST /api/ops/syncs/bar.transactions/run", json={}).status_code == 404


def test_operators_see_connectors_on_the_page_and_others_do_not(folder, admin, visitor):
    page = admin.get("/inventory/status/?lang=fr").get_data(as_text=True)

    assert "Connecteurs" in page
    assert "Configuration à corriger" in page
    assert "Tickets de caisse (square)" in page
    assert "bar.auth.token" in page
    assert "bar.auth.token" not in visitor.get("/inventory/status/").get_data(as_text=True)


def test_the_page_says_what_is_wrong_in_its_own_language(folder, admin):
    note("/v2/locations", error="FORBIDDEN")

    assert "le fournisseur a refusé un appel" in admin.get("/inventory/status/?lang=fr").text
    assert "the vendor refused a call" in admin.get("/inventory/status/?lang=en").text


def test_the_page_says_that_a_vendor_has_fallen_silent(store, admin, monkeypatch, tmp_path):
    webhooks.configure(monkeypatch, tmp_path / "announcing")
    with writing() as session:
        values = {"sync": "square.products", "options": {}, "trigger": "schedule"}
        for ago, changed in ((3, 0), (1, 2)):
            moment = db_now(-ago * 86400.0)
            session.execute(
                insert(SyncRun).values(
                    **values, status="succeeded", started_at=moment, finished_at=moment,
                    counts={"updated": changed},
                )
            )  # fmt: skip

    page = admin.get("/inventory/status/?lang=fr").text
    assert "square n’annonce plus rien (dernier événement : jamais)" in page
    forget_process()


def test_a_web_process_notes_what_it_has_read_once_it_has_answered(folder, ask):
    assert ask("GET /livez").status_code == 200
    with reading() as session:
        assert folders.recent(session, seconds=60) == []

    assert ask("GET /api/ops/syncs").status_code == 200
    with reading() as session:
        (noted,) = folders.recent(session, seconds=60)
    assert noted.role == "web"
    assert len(noted.digest) == 16
    assert square.DEMO_TOKEN not in noted.digest


def test_processes_that_differ_are_told_on_the_page(folder, admin):
    with writing() as session:
        folders.note(session, role="beat", host="b", digest="0" * 16)
        folders.note(session, role="worker", host="a", digest="1" * 16)

    page = admin.get("/inventory/status/?lang=en").get_data(as_text=True)

    assert "Not all processes have read the same connectors" in page
    assert "beat (b)" in page
