from datetime import timedelta

from db.models import Terminal
from db.session import writing
from tests.cli import given
from tests.given_up import give_up
from tests.syncs.sales import conftest
from tests.syncs.sales.conftest import CASE, PHONE, adjust, sale

till = conftest.till


def only(told, name="b2b.products"):
    return next(item for item in told("status")["syncs"] if item["sync"] == name)


def test_a_new_store_says_that_nothing_has_run_and_what_to_do(cli, told):
    states = {item["sync"]: item["state"] for item in told("status")["syncs"]}
    art = {name for name in states if name.startswith("template.")}
    assert {states[name] for name in art} == {"not_configured"}
    assert {states[name] for name in states.keys() - art} == {"never_run"}
    assert "sync b2b.products" in cli("status").stderr


def test_a_sync_that_ran_is_ok_with_its_counts(cli, told, b2b):
    cli("sync", "b2b.categories")
    cli("sync", "b2b.products")

    item = only(told)

    assert item["state"] == "ok"
    assert item["last_run"]["counts"]["created"] == 12
    assert 0 <= item["age"] < 60
    assert told("status")["totals"] == {
        "products": 12,
        "products_without_shop": 12,
        "products_without_till": 12,
        "products_below_zero": 0,
        "categories": len(b2b.catalogue.categories.keys()),
        "tombstones": 0,
        "open_failures": 0,
    }
    assert "shop add" in cli("status").stderr


def test_a_run_of_one_site_makes_nothing_ok(cli, told, b2b):
    cli("sync", "b2b.products", "--site-id", 1)

    assert only(told)["state"] == "late"


def test_rejects_and_failures_are_counted_for_their_sync(told):
    given.reject({"id": 7})
    given.failure()
    given.failure(task="upkeep.forget")

    found = told("status")

    item = next(item for item in found["syncs"] if item["sync"] == "b2b.products")
    assert (item["open_rejects"], item["open_failures"]) == (1, 1)
    assert found["totals"]["open_failures"] == 2


def test_a_failing_sync_says_why_and_when_it_may_run_again(cli, told):
    at = given.now()
    given.run(status="failed", error="The source answered 500.")
    given.state(failures=1, last_attempt_at=at, next_allowed_at=at + timedelta(minutes=5))

    item = only(told)

    assert item["state"] == "failing"
    assert item["next_allowed_at"] is not None
    assert "The source answered 500." in cli("status").stderr


def test_a_run_that_waits_for_a_person_is_named(cli, told):
    run_id = given.run(status="needs_approval")
    given.state(last_attempt_at=given.now())

    assert only(told)["approve"] == run_id
    assert f"runs approve {run_id}" in cli("status").stderr


def test_a_pause_is_shown_and_ended(cli, told):
    cli("syncs", "pause", "b2b.products", "--why", "inventory day")
    assert only(told)["state"] == "paused"
    assert "syncs resume b2b.products" in cli("status").stderr

    assert told("syncs", "resume", "sync_products_from_inventory") == {
        "sync": "b2b.products",
        "paused": False,
    }

    assert only(told)["state"] == "never_run"
    assert given.audited() == [
        ("sync.pause", "b2b.products", "inventory day"),
        ("sync.resume", "b2b.products", None),
    ]


def test_a_sync_that_is_not_declared_cannot_be_paused(cli):
    assert "there are: b2b.categories" in cli("syncs", "pause", "b2c", exit=1).stderr


def test_a_store_without_tills_says_so(told):
    assert told("status")["tills"] == {
        "waiting_batches": 0, "waiting_since": None, "failed_batches": 0, "refused_sales": 0,
        "terminals": 0, "terminals_of_level_0": 0,
    }  # fmt: skip


def test_what_the_tills_sent_and_what_is_wrong_with_it_is_told(cli, told, till):
    with writing() as session:
        session.get_one(Terminal, 2).level = 1
        session.add(Terminal(id=9, shop_id=2, serial="gone", name="Old", active=False))
    till.send(sale("A"), sale("A", (PHONE, 2)))
    give_up(till, sale("B"))
    for number in ("C", "D"):
        till.receive(sale(number))
    adjust(CASE, -6)

    found, said = told("status"), cli("status")

    since = found["tills"].pop("waiting_since")
    assert since is not None
    assert found["tills"] == {
        "waiting_batches": 2, "failed_batches": 1, "refused_sales": 1, "terminals": 2,
        "terminals_of_level_0": 1,
    }  # fmt: skip
    assert found["totals"]["products_below_zero"] == 1
    assert "2 terminals (1 of level 0); 2 batches of sales wait (the first since" in said.stdout
    assert "), 1 failed; 1 sales refused; 1 articles below zero." in said.stdout
    assert "failed list --task sales.process" in said.stderr
    assert "terminal level SERIAL 1" in said.stderr
    assert "rejects list --sync sales" in said.stderr
    assert "rejects replay ID" in said.stderr


def test_a_store_that_is_not_migrated_is_named(cli, store, monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")
    import core.settings  # noqa: PLC0415, only here

    core.settings.reset()

    assert "manage.py migrate" in cli("status", exit=78).stderr
    assert "Usage" in cli("runs", "list", "--help").stdout


def test_an_act_at_work_is_named(cli, told):
    given.failed_run()
    ident = told("failed", "retry", "--all", "--enqueue")["id"]

    assert [act["id"] for act in told("status")["acts"]] == [ident]
    assert f"Act {ident} (failure.retry) is at work: 0 of 1." in cli("status").stderr
    assert f"acts stop {ident}" in cli("status").stderr
    cli("acts", "stop", ident)
    assert told("status")["acts"] == []
