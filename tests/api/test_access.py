"""Who may enter where: every route has a rule, and every rule holds."""

from __future__ import annotations

import pytest
from flask import Flask

from api.web import access
from db.access import operators
from db.models import Operator
from db.session import reading, writing

# For people: a page or a form where others have JSON.
PAGES = {
    "GET /inventory/status/": "public",
    "POST /inventory/status/run": "operator",
    "POST /inventory/status/stop": "operator",
    "GET /login": "public",
    "GET /oauth/callback": "public",
    "POST /login": "public",
    "POST /logout": "public",
    "GET /admin/inventory/apikey/": "admin",
    "GET /admin/inventory/apikey/add/": "admin",
    "POST /admin/inventory/apikey/add/": "admin",
    "POST /admin/inventory/apikey/switch/": "admin",
}
# Every door, who may open it, and nothing else. A new route fails until it stands here.
DOORS = {
    "GET /": "public",
    "GET /livez": "public",
    "GET /readyz": "public",
    "GET /healthz": "public",
    "GET /metrics": "viewer",
    "GET /openapi.json": "public",
    "GET /docs": "public",
    "GET /static/docs.css": "public",
    "GET /static/pages.css": "public",
    "GET /static/live.js": "public",
    "GET /static/icon.svg": "public",
    "GET /api/ops/syncs": "viewer",
    "POST /api/ops/syncs/<name>/run": "operator",
    "POST /api/ops/syncs/<name>/pause": "operator",
    "POST /api/ops/syncs/<name>/resume": "operator",
    "GET /api/ops/shops": "viewer",
    "GET /api/ops/shops/<ident:shop_id>": "viewer",
    "POST /api/ops/shops": "admin",
    "POST /api/ops/shops/<ident:shop_id>/set": "admin",
    "POST /api/ops/shops/<ident:shop_id>/deactivate": "admin",
    "POST /api/ops/shops/<ident:shop_id>/restore": "admin",
    "GET /api/ops/runs": "viewer",
    "GET /api/ops/runs/<ident:run_id>": "viewer",
    "POST /api/ops/runs/<ident:run_id>/cancel": "operator",
    "POST /api/ops/runs/<ident:run_id>/approve": "operator",
    "GET /api/ops/failures": "viewer",
    "GET /api/ops/failures/<ident:failure_id>": "viewer",
    "POST /api/ops/failures/<ident:failure_id>/retry": "operator",
    "POST /api/ops/failures/<ident:failure_id>/dismiss": "operator",
    "POST /api/ops/failures/retry": "operator",
    "POST /api/ops/failures/dismiss": "operator",
    "POST /api/ops/connectors/<connector>/commands/<verb>": "operator",
    "GET /api/ops/outbox": "viewer",
    "GET /api/ops/outbox/<ident:command_id>": "viewer",
    "POST /api/ops/outbox/<ident:command_id>/approve": "operator",
    "POST /api/ops/outbox/<ident:command_id>/cancel": "operator",
    "POST /api/ops/outbox/<ident:command_id>/resolve": "operator",
    "GET /api/ops/rejects": "viewer",
    "GET /api/ops/rejects/<ident:reject_id>": "viewer",
    "POST /api/ops/rejects/<ident:reject_id>/replay": "operator",
    "POST /api/ops/rejects/<ident:reject_id>/discard": "operator",
    "POST /api/ops/rejects/replay": "operator",
    "POST /api/ops/rejects/discard": "operator",
    "GET /api/ops/acts": "viewer",
    "GET /api/ops/acts/<ident:act_id>": "viewer",
    "POST /api/ops/acts/<ident:act_id>/stop": "operator",
    "GET /api/ops/batches": "viewer",
    "GET /api/ops/batches/<ident:batch_id>": "viewer",
    "GET /api/ops/webhooks": "viewer",
    "GET /api/ops/webhooks/<ident:event_id>": "viewer",
    "POST /api/ops/webhooks/<ident:event_id>/replay": "operator",
    "GET /api/ops/queues": "viewer",
    "POST /api/ops/queues/<queue>/purge": "operator",
    "GET /api/ops/audit": "admin",
    "GET /api/ops/connectors": "operator",
    "GET /api/ops/connectors/<name>": "operator",
    "GET /api/ops/connectors/<name>/calls": "operator",
    "POST /admin/api/sync-template": "operator",
    "GET /admin/api/template-health": "viewer",
    "POST /api/v2/simple/ventes/sync/": "terminal",
    "GET /api/v2/simple/ventes/sync/<batch_id>/": "terminal",
    "GET /api/v2/simple/ventes/historique/": "terminal",
    "GET /api/v2/simple/statistiques/": "terminal",
    "GET /api/v2/simple/articles/": "terminal",
    "GET /api/inventory/products/synced/": "public",
    "GET /api/inventory/categories/synced/": "public",
    "GET /inventory/api/status/": "public",
    "GET /inventory/sync/products/": "operator",
    "GET /inventory/sync/categories/": "operator",
    "POST /inventory/sync/products/": "operator",
    "POST /inventory/sync/categories/": "operator",
    "POST /webhooks/<name>/": "public",
    **PAGES,
}
FILLED = {
    "<name>": "b2b.products",
    "<queue>": "sales",
    "<connector>": "toy",
    "<verb>": "push_prices",
    "<ident:command_id>": "999",
    "<ident:run_id>": "999",
    "<ident:shop_id>": "999",
    "<ident:failure_id>": "999",
    "<ident:reject_id>": "999",
    "<ident:act_id>": "999",
    "<ident:batch_id>": "999",
    "<ident:event_id>": "999",
    "<batch_id>": "999",
}


def doors(app: Flask) -> dict[str, access.Rule | None]:
    return {
        f"{method} {rule.rule}": access.rule_of(app, rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD"}
    }


def filled(door: str) -> str:
    for hole, value in FILLED.items():
        door = door.replace(hole, value)
    return door


def test_every_route_says_who_may_enter(app):
    found = doors(app)

    assert [door for door, rule in found.items() if rule is None] == []
    assert {door: rule.role for door, rule in found.items() if rule} == DOORS


def test_only_metrics_trust_this_machine(app):
    assert [door for door, rule in doors(app).items() if rule and rule.loopback] == ["GET /metrics"]


def test_a_route_without_a_rule_is_closed(app, ask):
    app.add_url_rule("/forgotten", view_func=lambda: "open")

    assert ask("GET /forgotten").status_code == 500


@pytest.mark.parametrize("role", [None, *operators.ROLES])
def test_a_role_opens_its_doors_and_no_other(ask, role, queues):
    for door, needed in DOORS.items():
        # A login is by a form of ours, whoever comes.
        answer = ask(filled(door), role=role, own_form=door in ("POST /login", "POST /logout"))

        if needed == "terminal":
            # A till has a serial, and no operator is a till.
            assert answer.get_json()["code"] == "MISSING_SERIAL", door
        elif needed == "public" or (role is not None and operators.may(role, needed)):
            assert answer.status_code not in (401, 403), door
            assert answer.status_code < 500, door
        elif role is None and door in PAGES:
            assert answer.status_code == 303, door
            assert answer.headers["Location"].partition("?")[0] == "/login", door
        elif role is None:
            assert answer.status_code == 401, door
            assert answer.headers["WWW-Authenticate"] == 'Bearer realm="moulin"', door
        else:
            assert answer.status_code == 403, door
            assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"], door


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer mln_",
        "Bearer mln_" + "A" * 43,
        "Bearer " + "A" * 100_000,
        "Bearer a b c",
        "Bearer é\x7f",
        "Basic YWRtaW46YWRtaW4=",
        "Digest username=admin",
        "mln_x",
    ],
)
def test_what_is_no_token_opens_nothing(app, tokens, authorization):
    with app.test_client() as client:
        answer = client.get("/api/ops/syncs", headers={"Authorization": authorization})

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="moulin"')
    assert answer.get_json()["code"] == "UNAUTHORIZED"


def test_a_token_in_the_query_opens_nothing(ask, tokens):
    assert ask(f"GET /api/ops/syncs?token={tokens['admin']}", role=None).status_code == 401


def test_a_revoked_token_opens_nothing_more(ask):
    assert ask("GET /api/ops/syncs").status_code == 200
    with writing() as session:
        operators.revoke(session, "a-admin")

    answer = ask("GET /api/ops/syncs")

    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_the_use_of_a_token_is_noted_once_a_minute(ask):
    def used():
        with reading() as session:
            return session.query(Operator).filter_by(name="a-viewer").one().last_used_at

    assert used() is None
    ask("GET /api/ops/syncs", role="viewer")
    first = used()
    ask("GET /api/ops/syncs", role="viewer")

    assert first is not None
    assert used() == first


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "::1"])
def test_this_machine_may_scrape_without_a_token(ask, address):
    assert ask("GET /metrics", role=None, environ={"REMOTE_ADDR": address}).status_code == 200


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("192.0.2.7", {}),
        ("", {}),
        ("somewhere", {}),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}),
        ("127.0.0.1", {"Forwarded": "for=192.0.2.7"}),
        ("127.0.0.1", {"X-Real-IP": "127.0.0.1"}),
        ("127.0.0.1", {"Via": "1.1 proxy"}),
    ],
)
def test_others_may_not_nor_who_comes_through_a_proxy(ask, address, headers):
    answer = ask("GET /metrics", role=None, headers=headers, environ={"REMOTE_ADDR": address})

    assert answer.status_code == 401
