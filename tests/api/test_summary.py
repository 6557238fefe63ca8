"""``/inventory/api/status/``: counts and ages for all, what went wrong for operators."""

from datetime import UTC, datetime, timedelta

import pytest

import core.settings
from db.models import SyncRun
from db.session import writing
from db.types import db_now
from db.work import rejects, states
from db.work.rejects import Refusal
from syncs.registry import SYNCS
from tests import sold
from tests.api.catalogue import category, product, synced

STATUS = "GET /inventory/api/status/"
SECRET = "the key ends in 42"
SYNC = {
    "sync", "state", "last_success_at", "age", "next_run_at", "next_allowed_at", "failing_since",
    "run",
}  # fmt: skip


def failed(*, minutes_ago: float, sync: str = "b2b.products") -> datetime:
    """A run failed; when."""
    with writing() as session:
        run = SyncRun(
            sync=sync, options={}, trigger="beat", status="failed", error=SECRET,
            started_at=db_now(-minutes_ago * 60 - 5), finished_at=db_now(-minutes_ago * 60),
            counts={"fetched": 10}, checkpoint={"query": {"page": "2"}},
        )  # fmt: skip
        session.add(run)
        row = states.locked(session, sync)
        row.failures += 1
        row.last_attempt_at = db_now(-minutes_ago * 60)
        session.flush()
        session.refresh(run)
        assert run.finished_at is not None
        return run.finished_at


def refused(sync: str, external_id: str) -> None:
    """A record was refused."""
    refusal = Refusal(
        external_id=external_id, code="MISSING", field="name", message="is missing", payload={}
    )
    with writing() as session:
        rejects.keep(session, sync, None, [refusal])


def one(told, sync="b2b.products"):
    return next(line for line in told["syncs"] if line["sync"] == sync)


def test_everybody_sees_counts_and_ages(ask):
    product(1)
    product(2, active=False)
    category(1)
    synced(hours_ago=1)
    refused("b2b.products", "9")

    told = ask(STATUS, role=None).get_json()

    assert told.keys() == {"products", "categories", "syncs", "without_till"}
    assert {line["sync"] for line in told["syncs"]} == SYNCS.keys()
    assert all(line.keys() == SYNC for line in told["syncs"])
    for kind, errors in (("products", 1), ("categories", 0)):
        found = told[kind]
        assert found.keys() == {"count", "state", "last_success_at", "age", "errors"}
        assert (found["count"], found["state"], found["errors"]) == (1, "ok", errors)
        assert 3600 <= found["age"] < 3700


def test_before_anything_ran_it_says_so(ask):
    told = ask(STATUS, role=None).get_json()

    assert told["products"] == {
        "count": 0,
        "state": "never_run",
        "last_success_at": None,
        "age": None,
        "errors": 0,
    }
    assert one(told)["run"] is None


@pytest.mark.parametrize("role", [None, "viewer"])
def test_what_went_wrong_is_not_everybodys(ask, role):
    failed(minutes_ago=1)
    refused("b2b.products", "9")
    refused("sales", "V-9")

    answer = ask(STATUS, role=role)

    assert SECRET not in answer.text
    assert "MISSING" not in answer.text
    assert one(answer.get_json()).keys() == SYNC
    assert answer.get_json().keys() == {"products", "categories", "without_till", "syncs"}


@pytest.mark.parametrize("role", ["operator", "admin"])
def test_an_operator_sees_errors_with_field_and_code_and_what_to_do(ask, role):
    failed(minutes_ago=1)
    refused("b2b.products", "9")

    told = ask(STATUS, role=role).get_json()

    assert one(told)["error"] == SECRET
    assert SECRET in one(told)["advice"]
    assert "POST /api/ops/syncs/b2b.products/run" in one(told)["advice"]
    assert told["refused_sales"] == 0
    assert told["errors"] == [
        {
            "id": 1,
            "sync": "b2b.products",
            "external_id": "9",
            "field": "name",
            "code": "MISSING",
            "message": "is missing",
        }
    ]


def test_many_refused_sales_hide_no_refused_record(ask):
    refused("b2b.categories", "1")
    for number in range(25):
        refused("sales", str(number))
    for number in range(25):
        refused("b2b.products", str(number))

    told = ask(STATUS).get_json()

    errors = told["errors"]
    assert told["refused_sales"] == 25
    syncs = ["sales"] * 20 + ["b2b.categories"] + ["b2b.products"] * 20
    assert [line["sync"] for line in errors] == syncs
    assert (errors[0]["external_id"], errors[21]["external_id"]) == ("24", "24")


@pytest.mark.parametrize("token", ["mln_unknown", "", "a b"])
def test_a_wrong_token_is_no_public_reader(ask, token):
    answer = ask(STATUS, role=None, headers={"Authorization": f"Bearer {token}"})

    assert (answer.status_code, answer.get_json()["code"]) == (401, "UNAUTHORIZED")


def test_failing_since_is_the_first_failure_after_the_last_success(ask):
    failed(minutes_ago=400)
    synced(hours_ago=5)
    first = failed(minutes_ago=200)
    failed(minutes_ago=100)

    told = one(ask(STATUS, role=None).get_json())

    assert told["state"] == "failing"
    assert abs(datetime.fromisoformat(told["failing_since"]) - first) < timedelta(seconds=1)
    assert one(ask(STATUS).get_json(), "b2b.categories")["failing_since"] is None


def test_a_run_over_one_shop_ends_no_failing(ask):
    synced(hours_ago=5)
    first = failed(minutes_ago=200)
    with writing() as session:
        session.add(
            SyncRun(
                sync="b2b.products", options={"site_id": 1}, trigger="cli", status="succeeded",
                started_at=db_now(-60), finished_at=db_now(),
            )
        )  # fmt: skip

    told = one(ask(STATUS, role=None).get_json())

    assert told["state"] == "failing"
    assert abs(datetime.fromisoformat(told["failing_since"]) - first) < timedelta(seconds=1)


def test_it_says_when_a_sync_runs_next(ask, monkeypatch):
    monkeypatch.setenv("SYNC_SCHEDULE_B2B_PRODUCTS", "0 2 * * *")
    monkeypatch.setenv("SYNC_SCHEDULE_B2B_CATEGORIES", "")
    monkeypatch.setenv("TIMEZONE", "Africa/Kinshasa")
    core.settings.reset()

    told = ask(STATUS, role=None).get_json()

    at = datetime.fromisoformat(one(told)["next_run_at"])
    assert (at.astimezone(UTC).hour, at.minute) == (1, 0)
    assert timedelta(0) < at - datetime.now(UTC) <= timedelta(days=1, minutes=1)
    assert one(told, "b2b.categories")["next_run_at"] is None


def test_the_newest_run_is_told_with_its_counts(ask):
    failed(minutes_ago=1)

    run = one(ask(STATUS, role=None).get_json())["run"]

    assert run.keys() == {"status", "started_at", "finished_at", "counts", "expected"}
    assert (run["status"], run["counts"]["fetched"]) == ("failed", 10)


def test_looking_wakes_nothing(ask):
    ask(STATUS, role=None)

    assert one(ask(STATUS, role=None).get_json())["run"] is None


def test_articles_that_no_till_can_sell_are_named_for_operators(ask):
    product(1)
    shop = sold.shop("Lyon")
    sold.article(shop)
    sold.revoke(shop)
    sold.shop("Paris")

    assert ask(STATUS, role=None).get_json()["without_till"] == 2
    homeless, idle = ask(STATUS, role="operator").get_json()["unsold"]

    assert (homeless["reason"], homeless["articles"], homeless["shop"]) == ("no_site", 1, None)
    assert (idle["reason"], idle["shop_id"], idle["shop"]) == ("no_terminal", shop, "Lyon")
    assert "POST /api/ops/shops/ID/set with sells_from" in idle["advice"]
