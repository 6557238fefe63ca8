import json

from sqlalchemy import func, select

from db.models import Product, Reject
from db.session import reading, writing
from db.work import rejects
from tests.cli import given

GOOD = {"id": 7, "name": "Rice", "price": "12.50", "stock": 4}


def state(reject_id):
    with reading() as session:
        found = rejects.find(session, reject_id)
        return found.state, found.reason


def count_products():
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Product))


def test_rejects_are_listed_by_sync_code_and_state(told):
    first = given.reject({"id": 1}, "1")
    second = given.reject({"id": 2}, "2", code="MISSING_FIELD")

    assert [item["id"] for item in told("rejects", "list")] == [second, first]
    assert [item["id"] for item in told("rejects", "list", "--code", "MISSING_FIELD")] == [second]
    assert told("rejects", "list", "--sync", "b2b.categories") == []
    assert told("rejects", "list", "--state", "discarded") == []


def test_an_unknown_sync_is_refused(cli):
    assert "there are: b2b.categories" in cli("rejects", "list", "--sync", "x", exit=1).stderr


def test_a_table_shows_no_escape_sequence_of_a_source(cli):
    given.reject({"id": 1}, "\x1b[31m")

    assert "\x1b" not in cli("rejects", "list").stdout


def test_a_reject_is_shown_with_what_was_received(cli, told):
    ident = given.reject({"id": 7, "name": "Rice"})

    assert told("rejects", "show", ident)["payload"] == {"id": 7, "name": "Rice"}
    assert '"name": "Rice"' in cli("rejects", "show", ident).stdout
    assert f"rejects replay {ident}" in cli("rejects", "show", ident).stderr


def test_what_is_no_json_and_no_text_is_shown_all_the_same(cli, told):
    no_json = given.reject({"id": 8, "price": float("nan")}, "8")
    no_text = given.reject({"id": 9, "name": "\ud800"}, "9")

    cli("rejects", "show", no_json)
    cli("rejects", "show", no_text)
    found = told("rejects", "show", no_json)

    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert told("rejects", "show", no_text)["payload"]["name"] == "\ud800"


def test_a_record_is_written_after_a_fix(told):
    ident = given.reject(GOOD)

    assert told("rejects", "replay", ident) == {"replayed": [ident], "refused": []}

    assert count_products() == 1
    assert state(ident)[0] == "replayed"
    assert given.audited() == [("reject.replay", f"reject {ident}", None)]


def test_what_is_still_refused_is_named_and_the_others_are_written(cli, told):
    good, bad = given.reject(GOOD), given.reject({"id": 8, "name": "Tea"}, "8")

    act = told("rejects", "replay", "--all", "--why", "a fix", exit=3)

    assert (act["matching"], act["done"], act["refused"]) == (2, 1, 1)
    assert act["refusals"][0]["id"] == bad
    assert state(good)[0] == "replayed"
    assert "price: is missing" in cli("rejects", "replay", bad, exit=3).stderr
    assert "price: is missing" in cli("rejects", "replay", "--all", exit=1).stderr
    assert state(bad)[0] == "open"


def test_a_dry_run_writes_nothing(told):
    ident = given.reject(GOOD)

    found = told("rejects", "replay", "--all", "--sync", "b2b.products", "--dry-run")

    assert found == {"dry_run": True, "count": 1}
    assert told("rejects", "replay", ident, "--dry-run")["ids"] == [ident]
    assert state(ident)[0] == "open"


def test_more_than_one_wants_a_reason(cli):
    first, second = given.reject(GOOD), given.reject({"id": 8}, "8")

    for words in (("--all",), (first, second)):
        assert "--why TEXT" in cli("rejects", "replay", *words, exit=2).stderr
    cli("rejects", "discard", "--all", exit=2)
    assert state(first)[0] == "open"


def test_all_of_one_code_are_discarded(told):
    kept, gone = given.reject(GOOD), given.reject({"id": 8}, "8", code="OTHER")
    which = ("--all", "--code", "OTHER", "--why", "a test")

    assert told("rejects", "discard", *which, "--dry-run") == {"dry_run": True, "count": 1}
    assert told("rejects", "discard", *which)["done"] == 1

    assert state(kept)[0] == "open"
    assert state(gone) == ("discarded", "a test")


def test_a_payload_whose_key_is_gone_is_named_and_stops_no_other(cli, told):
    lost, good = given.reject({"id": 1}, "1"), given.reject(GOOD)
    with writing() as session:
        session.get_one(Reject, lost).payload = "00000000:gAAAAA"

    act = told("rejects", "replay", "--all", "--why", "a fix", exit=3)

    assert (act["done"], act["refusals"][0]["id"]) == (1, lost)
    assert state(good)[0] == "replayed"
    assert "00000000" in cli("rejects", "show", lost, exit=78).stderr


def test_ids_or_all(cli):
    cli("rejects", "replay", exit=2)
    cli("rejects", "replay", 1, "--code", "X", exit=2)
    assert "There is no reject 99" in cli("rejects", "replay", 99, exit=1).stderr


def test_to_discard_takes_a_reason_and_happens_once(cli, told):
    ident = given.reject({"id": 1})
    cli("rejects", "discard", ident, exit=2)

    assert told("rejects", "discard", ident, "--why", "a test") == {"discarded": [ident]}

    assert state(ident) == ("discarded", "a test")
    assert "discarded already" in cli("rejects", "discard", ident, "--why", "x", exit=1).stderr
    assert "discarded already" in cli("rejects", "replay", ident, exit=1).stderr
    assert given.audited() == [("reject.discard", f"reject {ident}", "a test")]
