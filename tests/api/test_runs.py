"""Runs over HTTP: lists in pages, one run, cancel, approve."""

from __future__ import annotations

from db.models import AuditEvent, SyncRun
from db.session import reading, writing


def add(status="succeeded", sync="b2b.products", **values):
    with writing() as session:
        run = SyncRun(sync=sync, options={}, trigger="cli", status=status, **values)
        session.add(run)
        session.flush()
        return run.id


def walk(ask, path):
    found = []
    while path:
        page = ask(f"GET {path}").get_json()
        found.append([item["id"] for item in page["results"]])
        path = page["next"]
    return found


def test_pages_show_every_run_once_newest_first(ask):
    ids = [add() for _ in range(5)]

    assert walk(ask, "/api/ops/runs?limit=2") == [ids[4:2:-1], ids[2:0:-1], ids[:1]]
    assert walk(ask, "/api/ops/runs?limit=5") == [ids[::-1]]
    assert walk(ask, "/api/ops/runs?cursor=1") == [[]]


def test_a_filter_stays_on_the_next_page(ask):
    good = [add() for _ in range(3)]
    add(sync="b2b.categories")
    add(status="failed")

    assert walk(ask, "/api/ops/runs?sync=b2b.products&status=succeeded&limit=2") == [
        [good[2], good[1]],
        [good[0]],
    ]


def test_a_run_that_came_meanwhile_moves_no_page(ask):
    ids = [add() for _ in range(3)]
    following = ask("GET /api/ops/runs?limit=2").get_json()["next"]
    add()

    assert walk(ask, following) == [[ids[0]]]


def test_one_run_is_shown_whole(ask):
    run_id = add(status="failed", error="It broke.", errors=[{"type": "X", "message": "m"}])

    found = ask(f"GET /api/ops/runs/{run_id}", role="viewer").get_json()

    assert (found["status"], found["error"]) == ("failed", "It broke.")
    assert found["attempts"] == [{"type": "X", "message": "m"}]
    assert found["created_at"].endswith("+00:00")


def test_a_due_run_is_cancelled_at_once_and_a_running_one_asked_to_stop(ask):
    waiting, running = add(status="due"), add(status="running", sync="b2b.categories")

    first = ask(f"POST /api/ops/runs/{waiting}/cancel", role="operator")
    second = ask(f"POST /api/ops/runs/{running}/cancel", json={"why": "wrong shop"})

    assert (first.status_code, first.get_json()["status"]) == (200, "cancelled")
    assert (second.status_code, second.get_json()["status"]) == (202, "running")
    with reading() as session:
        assert session.get_one(SyncRun, running).cancel_requested
        events = session.query(AuditEvent).order_by(AuditEvent.id).all()
        assert [(event.what, event.subject, event.why) for event in events] == [
            ("run.cancel", f"run {waiting}", None),
            ("run.cancel", f"run {running}", "wrong shop"),
        ]


def test_what_is_over_cannot_be_cancelled_nor_approved(ask):
    run_id = add()

    for act in ("cancel", "approve"):
        answer = ask(f"POST /api/ops/runs/{run_id}/{act}")

        assert (answer.status_code, answer.get_json()["code"]) == (409, "REFUSED")
    with reading() as session:
        assert session.query(AuditEvent).count() == 0


def test_an_approved_run_deletes_what_it_did_not_find(ask):
    run_id = add(status="needs_approval", counts={"rejected": 0, "deleted": 0})

    answer = ask(f"POST /api/ops/runs/{run_id}/approve", role="operator")

    assert answer.get_json() == {"run_id": run_id, "status": "succeeded", "deleted": 0}
    with reading() as session:
        event = session.query(AuditEvent).one()
        assert (event.who, event.what) == ("operator:a-operator", "run.approve")


def test_only_an_admin_reads_the_audit_in_pages(ask):
    for _ in range(3):
        ask("POST /api/ops/syncs/b2b.products/pause")

    pages = walk(ask, "/api/ops/audit?limit=2")

    assert [len(page) for page in pages] == [2, 1]
    newest = ask("GET /api/ops/audit").get_json()["results"][0]
    assert (newest["who"], newest["what"]) == ("operator:a-admin", "sync.pause")
    assert ask("GET /api/ops/audit", role="operator").status_code == 403
