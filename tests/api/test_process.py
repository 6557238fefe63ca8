"""Is it alive, is it ready, and what does it count."""

from __future__ import annotations

import pytest

import api
import core.settings
from core.version import version
from db import session
from db.models import SyncRun
from db.session import writing
from db.types import db_now
from db.work import failures, rejects, states
from db.work.rejects import Refusal
from tests.api.catalogue import product
from tests.servers import free_port


@pytest.fixture
def away(store, monkeypatch):
    url = f"postgresql://u:p@127.0.0.1:{free_port()}/moulin"
    monkeypatch.setenv("DATABASE_URL", url)
    core.settings.reset()


def test_importing_it_does_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))

    assert callable(api.create_app)
    assert not (tmp_path / "var").exists()


def test_the_front_door_says_what_this_is(ask):
    answer = ask("GET /", role=None, headers={"Accept": "application/json"})

    assert answer.get_json()["name"] == "Moulin"
    assert answer.get_json()["version"] == version()
    for link in answer.get_json()["links"].values():
        assert ask(f"GET {link}").status_code == 200


def test_with_the_store_and_without_a_broker_it_is_ready_and_degraded(ask):
    assert (ask("GET /readyz", role=None).status_code, ask("GET /readyz").text) == (200, "ready\n")
    for door in ("GET /healthz", "GET /readyz?verbose"):
        answer = ask(door, role=None)

        assert answer.status_code == 200
        assert answer.get_json() == {
            "status": "degraded",
            "checks": {"store": "ok", "broker": "away"},
        }


def test_without_the_store_it_is_alive_and_not_ready(away, app):
    with app.test_client() as client:
        assert (client.get("/livez").status_code, client.get("/livez").text) == (200, "ok\n")
        assert client.get("/readyz").status_code == 503
        health = client.get("/healthz")

    assert health.status_code == 503
    assert health.get_json()["status"] == "unavailable"
    assert health.get_json()["checks"]["store"] == "away"


def test_a_store_of_another_version_is_not_ready(store, app, monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'empty.db'}")
    core.settings.reset()

    with app.test_client() as client:
        answer = client.get("/readyz?verbose")

    assert answer.status_code == 503
    assert answer.get_json()["checks"]["store"] == "not_migrated"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_readiness_comes_back_with_the_store(postgresql_server, store, ask):
    postgresql_server.stop(immediate=True)
    try:
        assert ask("GET /readyz", role=None).status_code == 503
        assert ask("GET /metrics").status_code == 503
    finally:
        postgresql_server.start()

    assert ask("GET /readyz", role=None).status_code == 200
    assert ask("GET /metrics").status_code == 200


def test_metrics_tell_what_the_store_holds(ask):
    product(1)
    with writing() as here:
        for status in ("succeeded", "succeeded", "failed", "due"):
            here.add(SyncRun(sync="b2b.products", options={}, trigger="cli", status=status))
        later = db_now(3600)
        here.add(
            SyncRun(
                sync="b2b.categories", options={}, trigger="cli", status="due", not_before=later
            )
        )
        states.locked(here, "b2b.products").last_success_at = db_now(-90)
        failures.record(
            here, task="upkeep.forget", task_id=None, args=[], kwargs={}, queue="upkeep",
            attempts=[],
        )  # fmt: skip
        refusal = Refusal(external_id="1", code="MISSING", field="name", message="m", payload={})
        rejects.keep(here, "b2b.products", None, [refusal])
        rejects.keep(here, "sales", None, [refusal])

    text = ask("GET /metrics", role="viewer").text

    assert 'moulin_runs{status="succeeded",sync="b2b.products"} 2.0' in text
    assert 'moulin_runs{status="failed",sync="b2b.products"} 1.0' in text
    assert "moulin_due_runs 1.0" in text
    assert "moulin_open_rejects 2.0" in text
    assert "moulin_refused_sales 1.0" in text
    assert "moulin_products_without_till 1.0" in text
    assert "moulin_open_failures 1.0" in text
    age = text.partition('moulin_last_success_age_seconds{sync="b2b.products"} ')[2].split()[0]
    assert 90 <= float(age) < 120


def test_each_application_has_its_own_registry(app, ask):
    api.create_app()

    assert ask("GET /metrics").status_code == 200
    session.dispose()
