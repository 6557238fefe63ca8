"""The application on a fresh store, an operator of each role, and somebody who asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

import api
import core.settings
from api.till import sales
from db.access import operators
from db.session import writing
from sandbox import b2b
from tests.api import compiled, held
from tests.api.pages import EVIL
from tests.api.till import HeardBell
from tests.api.visitor import CSRF, Visitor
from tests.toy import kind, vendor  # noqa: F401, fixtures

Ask = Callable[..., TestResponse]


compiled.keep_rules()


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Flask:
    """An application; which store it speaks to is the test's choice.

    Its bell is heard: who works off what tills send, in these tests, looks by itself.
    """
    monkeypatch.setattr(sales, "BELL", HeardBell())
    # It keeps a key there, to sign sessions with; the store's own directory.
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    core.settings.reset()
    made = api.create_app()
    compiled.keep_templates(made)
    # Before a test gives it other routes.
    held.described(made)
    made.test_client_class = held.Client
    return made


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch, redis_url: str) -> None:
    """The queues can be looked at and purged. Only they: Celery would keep the broker's address
    for all tests of the process.
    """
    monkeypatch.setattr("core.queues.broker_url", lambda: redis_url)


@pytest.fixture
def tokens(store) -> dict[str, str]:
    """A token of each role."""
    with writing() as session:
        return {
            role: operators.add(session, name=f"a-{role}", role=role)[1] for role in operators.ROLES
        }


@pytest.fixture
def ask(app, tokens) -> Ask:
    """``ask("POST /api/ops/…", role="viewer", json={…})``; an admin unless said otherwise.

    ``own_form``: ``data`` comes from a form of ours, with its cookie.
    """

    def send(what: str, *, role: str | None = "admin", **options: Any) -> TestResponse:
        method, _, path = what.partition(" ")
        headers = dict(options.pop("headers", {}))
        if role is not None:
            headers["Authorization"] = f"Bearer {tokens[role]}"
        # Not from this machine, which some doors let in.
        origin = {"REMOTE_ADDR": "192.0.2.7"} | options.pop("environ", {})
        own_form = options.pop("own_form", False)
        with app.test_client() as client:
            if own_form:
                form = CSRF.search(client.get("/login").get_data(as_text=True))
                options["data"] = {**options.get("data", {}), "csrf": form[1] if form else ""}
            answer: TestResponse = client.open(
                path, method=method, headers=headers, environ_overrides=origin, **options
            )
            return answer

    return send


@pytest.fixture
def visitor(app, tokens) -> Visitor:
    """Somebody with a browser, not logged in."""
    return Visitor(app)


@pytest.fixture
def admin(app, tokens) -> Visitor:
    """Somebody else with a browser, logged in."""
    found = Visitor(app)
    assert found.log_in(tokens["admin"]).status_code == 303
    return found


@pytest.fixture
def source(store, monkeypatch) -> Iterator[b2b.B2B]:
    """An inventory of three products, one of them hostile."""
    with b2b.serve(products=3) as served:
        served.catalogue.products.edit(1, name=EVIL)
        monkeypatch.setenv("B2B_API_URL", served.url)
        monkeypatch.setenv("B2B_API_KEY", served.key)
        core.settings.reset()
        yield served
