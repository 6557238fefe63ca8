"""Acts on many rows over HTTP: how far one has come, and stopping it."""

from __future__ import annotations

import pytest

from tests.syncs.acts.made import Worker, fail, run, states

WHY = "the key was renewed"


@pytest.fixture
def act(ask) -> int:
    """An act on three failures that is due."""
    fail(3, run_id=run())
    sent = {"filter": {"task": "sync.b2b.products"}, "why": WHY}
    return int(ask("POST /api/ops/failures/retry", json=sent).get_json()["id"])


def test_acts_are_listed_newest_first_and_by_status(ask, act):
    other = ask("POST /api/ops/failures/dismiss", json={"filter": {"task": "x"}, "why": WHY})
    Worker().work(act)

    listed = ask("GET /api/ops/acts", role="viewer").get_json()["results"]
    due = ask("GET /api/ops/acts?status=due").get_json()["results"]

    assert [line["id"] for line in listed] == [other.get_json()["id"], act]
    assert [line["id"] for line in due] == [other.get_json()["id"]]
    assert listed[1]["filter"] == {"task": "sync.b2b.products"}
    assert ask("GET /api/ops/acts?limit=1").get_json()["next"] is not None


def test_what_nobody_is_at_is_stopped_at_once_and_only_once(ask, act):
    done = ask(f"POST /api/ops/acts/{act}/stop", role="operator", json={"why": "wrong filter"})

    assert (done.status_code, done.get_json()["status"], done.get_json()["left"]) == (
        200, "stopped", 3,
    )  # fmt: skip
    again = ask(f"POST /api/ops/acts/{act}/stop")
    assert (again.status_code, again.get_json()["code"]) == (409, "REFUSED")
    assert ask("POST /api/ops/acts/99/stop").status_code == 404
    assert states() == {"open": 3}


def test_what_is_at_work_stops_before_its_next_slice(ask, act):
    answers = []

    def stop(_: object) -> None:
        answers.append(ask(f"POST /api/ops/acts/{act}/stop"))

    fail(1, task="sync.b2b.categories", run_id=run("b2b.categories"))
    Worker().work(act, watch=stop)

    answer = answers[0]
    assert (answer.status_code, answer.get_json()["status"]) == (202, "running")
    assert answer.headers["Location"] == f"/api/ops/acts/{act}"
    assert ask(f"GET /api/ops/acts/{act}").get_json()["status"] == "stopped"


def test_an_unknown_status_is_named(ask):
    answer = ask("GET /api/ops/acts?status=open")

    assert (answer.status_code, answer.get_json()["errors"][0]["field"]) == (400, "status")
