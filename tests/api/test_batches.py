"""Batches of sales over HTTP: what came of them, retries behind a canary, refused sales."""

from __future__ import annotations

import json

import pytest

from db.models import AuditEvent, FailedTask, Terminal
from db.session import reading, writing
from db.types import db_now
from syncs.sales.process import TASK, process
from tests.api.test_failures import fail
from tests.given_up import give_up, give_up_again, status_of
from tests.syncs.acts.made import Worker
from tests.syncs.sales import conftest
from tests.syncs.sales.conftest import CASE, adjust, sale, sales, stock_of

till = conftest.till

RETRY = "POST /api/ops/failures/retry"
OF_SALES = {"filter": {"task": TASK}, "why": "cured?"}
CUSTOMER = {"nom": "Awa Diop"}


def results(answer):
    assert answer.status_code == 200, answer.text
    return answer.get_json()["results"]


def test_batches_are_listed_newest_first(ask, till):
    till.send(sale("A"), sale("B", (CASE, 99)))
    till.receive(sale("C"))

    waits, done = results(ask("GET /api/ops/batches", role="viewer"))

    assert (waits["status"], waits["count"], waits["accepted"], waits["done_at"]) == (
        "due", 1, None, None,
    )  # fmt: skip
    assert (done["status"], done["accepted"], done["refused"]) == ("done", 1, 1)
    assert (done["terminal"], done["shop_id"]) == ("Terminal messie vanza", 2)
    assert results(ask("GET /api/ops/batches?status=done")) == [done]
    assert results(ask("GET /api/ops/batches?shop=2&status=due")) == [waits]
    assert results(ask("GET /api/ops/batches?shop=1")) == []


def test_the_list_comes_in_pages(ask, till):
    for number in range(3):
        till.send(sale(f"V-{number}"))

    first = ask("GET /api/ops/batches?limit=2&shop=2").get_json()
    rest = ask(f"GET {first['next']}").get_json()

    assert [line["id"] for line in first["results"]] == [3, 2]
    assert ([line["id"] for line in rest["results"]], rest["next"]) == ([1], None)


@pytest.mark.parametrize("query", ["shop=0", "shop=x", "status=echec", "uuid=1", "shop=1&shop=2"])
def test_a_list_of_something_else_is_refused(ask, query):
    answer = ask(f"GET /api/ops/batches?{query}")

    assert (answer.status_code, answer.get_json()["code"]) == (400, "INVALID_QUERY")


def test_a_batch_is_shown_and_its_answer_only_to_those_who_act(ask, till):
    told = till.send(sale("A", client=CUSTOMER), sale("B", (CASE, 99), client=CUSTOMER), key="k")
    path = f"GET /api/ops/batches/{results(ask('GET /api/ops/batches'))[0]['id']}"

    seen = ask(path, role="viewer").get_json()
    whole = ask(path, role="operator").get_json()

    assert "result" not in seen
    assert whole == {**seen, "result": told}
    assert (seen["keyed"], seen["attempts"], seen["terminal_id"]) == (True, [], till.id)
    assert "Awa" not in json.dumps(whole)
    assert ask("GET /api/ops/batches/99").status_code == 404


def test_a_batch_that_waits_has_no_answer_yet(ask, till):
    received = till.receive(sale("A"))

    assert ask(f"GET /api/ops/batches/{received.batch_id}").get_json()["result"] is None


def test_a_batch_that_failed_is_worked_off_after_all(ask, till):
    batch_id, failure_id = give_up(till, sale("A"))
    shown = ask(f"GET /api/ops/batches/{batch_id}", role="viewer").get_json()
    (line,) = results(ask("GET /api/ops/failures", role="viewer"))

    answer = ask(
        f"POST /api/ops/failures/{failure_id}/retry", role="operator", json={"why": "cured"}
    )

    assert (shown["status"], shown["attempts"][0]["code"]) == ("failed", "DIED")
    assert "died without saying why" in shown["error"]
    assert (line["id"], line["batch_id"], line["run_id"]) == (failure_id, batch_id, None)
    assert answer.status_code == 202
    assert answer.get_json() == {"status": "enqueued", "batch_id": batch_id}
    assert answer.headers["Location"] == f"/api/ops/batches/{batch_id}"
    assert status_of(batch_id) == "due"
    with reading() as session:
        assert session.query(AuditEvent).one().what == "failure.retry"
    assert process(batch_id) == "done"
    assert [sold.invoice_number for sold in sales()] == ["A"]
    (line,) = results(ask("GET /api/ops/batches"))
    assert (line["error"], line["failures"]) == (None, 0)
    again = ask(f"POST /api/ops/failures/{failure_id}/retry")
    assert (again.status_code, again.get_json()["code"]) == (409, "REFUSED")


def test_a_failure_that_was_dismissed_leaves_its_batch_alone(ask, till):
    batch_id, failure_id = give_up(till, sale("A"))

    ask(f"POST /api/ops/failures/{failure_id}/dismiss", json={"why": "a test till"})

    assert status_of(batch_id) == "failed"
    assert results(ask("GET /api/ops/failures")) == []


@pytest.fixture
def canary(ask, till):
    """The newer of two failed batches is retried; its id, and the failure that waits."""
    _, waits = give_up(till, sale("A"))
    batch_id, chosen = give_up(till, sale("B"))
    act = ask(RETRY, json={**OF_SALES, "canary": 1}).get_json()
    Worker().work(act["id"])
    done = ask(f"GET /api/ops/acts/{act['id']}").get_json()
    assert (done["canary"], done["reopened"]) == (1, [f"batch {batch_id}"])
    with reading() as session:
        assert session.get_one(FailedTask, chosen).state == "retried"
    return batch_id, waits


def test_the_rest_waits_while_the_canary_is_not_worked_off(ask, canary):
    batch_id, waits = canary

    answer = ask(RETRY, json=OF_SALES)

    assert (answer.status_code, answer.get_json()["code"]) == (409, "CANARY_RUNNING")
    assert f"batch {batch_id}" in answer.get_json()["detail"]
    with reading() as session:
        assert session.get_one(FailedTask, waits).state == "open"


def test_the_rest_follows_a_canary_that_was_worked_off(ask, canary):
    batch_id, waits = canary
    assert process(batch_id) == "done"

    act = ask(RETRY, json=OF_SALES).get_json()
    Worker().work(act["id"])

    assert act["matching"] == 1
    with reading() as session:
        assert session.get_one(FailedTask, waits).state == "retried"


def test_the_rest_is_left_alone_when_the_canary_failed_again(ask, canary):
    batch_id, waits = canary
    failed_again = give_up_again(batch_id)

    answer = ask(RETRY, json=OF_SALES)

    assert (answer.status_code, answer.get_json()["code"]) == (409, "CANARY_FAILED")
    assert {line["id"] for line in results(ask("GET /api/ops/failures"))} == {waits, failed_again}


def test_a_batch_that_failed_again_speaks_for_itself(ask, canary):
    batch_id, _ = canary
    with writing() as session:
        session.delete(session.get_one(FailedTask, give_up_again(batch_id)))

    assert ask(RETRY, json=OF_SALES).get_json()["code"] == "CANARY_FAILED"


def test_a_canary_may_be_of_runs_and_batches_together(ask, till):
    batch_id, _ = give_up(till, sale("A"))
    run_failed = fail()
    everything: dict[str, object] = {"filter": {"all": True}, "why": "cured?"}

    act = ask(RETRY, json={**everything, "canary": 1}).get_json()
    Worker().work(act["id"])

    reopened = ask(f"GET /api/ops/acts/{act['id']}").get_json()["reopened"]
    assert act["matching"] == 2
    assert f"batch {batch_id}" in reopened
    assert len(reopened) == 2
    with reading() as session:
        assert session.get_one(FailedTask, run_failed).retried_as in reopened
    fail()
    assert ask(RETRY, json=everything).get_json()["code"] in {"CANARY_RUNNING", "CANARY_FAILED"}


def test_a_refused_sale_is_sold_after_a_correction(ask, till):
    till.send(sale("A"), sale("B", (CASE, 6), client=CUSTOMER))
    (line,) = results(ask("GET /api/ops/rejects?sync=sales", role="viewer"))
    path = f"/api/ops/rejects/{line['id']}"

    refused = ask(f"POST {path}/replay", role="operator")

    assert (line["batch_id"], line["batch_position"], line["run_id"]) == (1, 2, None)
    assert (line["external_id"], line["code"]) == ("B", "STOCK_INSUFFISANT")
    assert "payload" not in ask(f"GET {path}", role="viewer").get_json()
    assert ask(f"GET {path}").get_json()["payload"]["client"] == CUSTOMER
    assert refused.status_code == 409
    assert refused.get_json()["detail"].endswith("still refused: Stock insuffisant pour Coque.")
    adjust(CASE, 10)
    done = ask(f"POST {path}/replay", role="operator")
    assert done.get_json() == {"id": line["id"], "state": "replayed"}
    assert [sold.invoice_number for sold in sales()] == ["A", "B"]
    assert stock_of(CASE) == 9
    assert ask(f"POST {path}/replay").status_code == 409
    assert stock_of(CASE) == 9


def test_refused_sales_are_replayed_by_their_code(ask, till):
    till.send(sale("A", (CASE, 6)), sale("B", (99, 1)), sale("C", (CASE, 7)))
    adjust(CASE, 1)
    which = {"filter": {"sync": "sales", "code": "STOCK_INSUFFISANT"}, "why": "counted anew"}

    act = ask("POST /api/ops/rejects/replay", json=which).get_json()
    Worker().work(act["id"])

    done = ask(f"GET /api/ops/acts/{act['id']}").get_json()
    assert (done["matching"], done["done"], done["refused"]) == (2, 1, 1)
    assert [sold.invoice_number for sold in sales()] == ["A"]
    assert stock_of(CASE) == 0


def test_metrics_tell_of_the_tills(ask, till):
    empty = ask("GET /metrics").text
    till.send(sale("A"), sale("B"))
    give_up(till, sale("C"))
    _, dismissed = give_up(till, sale("D"))
    ask(f"POST /api/ops/failures/{dismissed}/dismiss", json={"why": "a test till"})
    till.receive(sale("E"))
    with writing() as session:
        session.get_one(Terminal, 1).last_seen_at = db_now(-60)
        session.get_one(Terminal, 2).last_seen_at = db_now(-90_000)

    text = ask("GET /metrics").text

    for name in ("waiting_batches", "oldest_waiting_batch_age_seconds", "failed_batches", "sales",
                 "terminals_seen"):  # fmt: skip
        assert f"moulin_{name} 0.0" in empty
    for line in ("waiting_batches 1.0", "failed_batches 1.0", "sales 2.0", "terminals_seen 1.0"):
        assert f"moulin_{line}" in text
    age = text.partition("\nmoulin_oldest_waiting_batch_age_seconds ")[2].split()[0]
    assert 0 < float(age) < 60
