from datetime import timedelta

import pytest

from db.models import ExternalProduct
from db.session import writing
from tests.cli import given


def test_runs_are_listed_newest_first_in_pages(told):
    ids = [given.run(), given.run("b2b.categories"), given.run(status="failed")]

    assert [run["id"] for run in told("runs", "list")] == ids[::-1]
    assert [run["id"] for run in told("runs", "list", "--sync", "b2b.products")] == [ids[2], ids[0]]
    assert [run["id"] for run in told("runs", "list", "--status", "failed")] == [ids[2]]
    assert [run["id"] for run in told("runs", "list", "--limit", 1, "--before", ids[2])] == [ids[1]]


def test_a_table_says_how_it_went(cli):
    given.run()

    assert "12 read: 3 created, 9 unchanged" in " ".join(cli("runs", "list").stdout.split())


def test_an_empty_list_says_how_to_make_a_run(cli):
    assert "sync NAME" in cli("runs", "list").stderr


def test_a_run_is_shown_with_its_warnings_refusals_and_attempts(cli, told):
    refused = {"product_id": "7", "error": "price: is missing."}
    run_id = given.run(
        status="needs_approval",
        errors=[given.ATTEMPT],
        warnings=["category 3 is not known"],
        errors_list=[refused],
    )

    found = told("runs", "show", run_id)
    shown = cli("runs", "show", run_id)

    assert (found["created"], found["errors_list"]) == (3, [refused])
    assert found["attempts"][0]["message"] == "The source answered 500."
    assert "category 3 is not known" in shown.stdout
    assert "price: is missing." in shown.stdout
    assert f"runs approve {run_id}" in shown.stderr


def test_a_run_that_waits_is_cancelled_at_once(told):
    run_id = given.run(status="due", started_at=None)

    assert told("runs", "cancel", run_id)["status"] == "cancelled"

    assert given.read_run(run_id).status == "cancelled"
    assert given.audited() == [("run.cancel", f"run {run_id}", None)]


def test_a_running_run_is_asked_to_stop(cli):
    run_id = given.run(status="running")

    assert "after the page" in cli("runs", "cancel", run_id).stderr

    assert given.read_run(run_id).cancel_requested


def test_a_run_that_is_over_cannot_be_cancelled(cli):
    assert "over already" in cli("runs", "cancel", given.run(), exit=1).stderr


@pytest.mark.parametrize("verb", ["show", "cancel", "approve"])
def test_a_run_that_does_not_exist_is_said_so(cli, verb):
    assert "There is no run 99" in cli("runs", verb, 99, exit=1).stderr


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_number_no_database_holds_is_a_usage_error(cli):
    cli("runs", "show", 2**63, exit=2)


def test_an_approval_buries_what_the_run_did_not_see(told):
    lost, kept = given.product("1"), given.product("2")
    run_id = given.run(status="needs_approval")
    with writing() as session:
        for link in session.query(ExternalProduct):
            link.seen_run = run_id if link.product_id == kept else run_id - 1
            link.last_synced_at = given.now() - timedelta(days=1)

    found = told("runs", "approve", run_id, "--why", "the shop was closed")

    assert found == {"run_id": run_id, "status": "succeeded", "deleted": 1}
    assert given.link(lost).gone_at is not None
    assert not given.read_product(lost).active
    assert given.link(kept).gone_at is None
    assert given.audited() == [("run.approve", f"run {run_id}", "the shop was closed")]


def test_an_approval_happens_once(cli):
    run_id = given.run(status="needs_approval")
    cli("runs", "approve", run_id)

    assert "is succeeded" in cli("runs", "approve", run_id, exit=1).stderr


@pytest.mark.parametrize("status", ["succeeded", "needs_approval"])
def test_a_newer_complete_run_decides(cli, status):
    old = given.run(status="needs_approval")
    new = given.run(status=status)

    assert f"runs show {new}" in cli("runs", "approve", old, exit=1).stderr

    assert given.read_run(old).status == "needs_approval"
    assert given.audited() == []


def test_a_newer_run_of_one_site_decides_nothing(cli):
    run_id = given.run(status="needs_approval")
    given.run(options={"site_id": 1}, started_at=given.now() - timedelta(minutes=1))

    cli("runs", "approve", run_id)
