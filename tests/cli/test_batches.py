"""What tills sent, at the people's door: batches, refused sales, batches that failed."""

from __future__ import annotations

import json

import redis

from db.session import reading
from db.work import failures, rejects
from syncs.sales.process import process as work_off
from tests.cli import given
from tests.given_up import give_up, status_of
from tests.syncs.sales import conftest
from tests.syncs.sales.conftest import (
    CASE,
    PHONE,
    adjust,
    open_rejects,
    sale,
    sales,
    stock_of,
)

till, beside = conftest.till, conftest.beside

CUSTOMER = {"nom": "Awa Diop"}


def test_batches_are_listed_by_shop_and_status(cli, told, till):
    till.send(sale("A"), sale("B", (CASE, 99)))
    till.receive(sale("C"))

    waits, done = told("batches", "list")

    assert (waits["status"], waits["count"], waits["accepted"]) == ("due", 1, None)
    assert (done["status"], done["count"], done["accepted"], done["refused"]) == ("done", 2, 1, 1)
    assert (done["terminal"], done["shop_id"]) == ("Terminal messie vanza", 2)
    assert told("batches", "list", "--status", "done") == [done]
    assert told("batches", "list", "--shop", 1) == []
    assert told("batches", "list", "--before", waits["id"]) == [done]
    assert "Terminal messie vanza" in cli("batches", "list", "--limit", 1).stdout


def test_a_batch_is_shown_by_either_of_its_names(cli, told, till):
    answer = till.send(sale("A", client=CUSTOMER), sale("B", (CASE, 99), client=CUSTOMER))
    (line,) = told("batches", "list")

    shown = cli("batches", "show", line["id"])
    found = told("batches", "show", line["uuid"])

    assert found["result"] == answer
    assert found["attempts"] == []
    assert found["keyed"] is False
    assert '"numero_facture": "B"' in shown.stdout
    assert "rejects list --sync sales" in shown.stderr
    for text in (shown.output, json.dumps(found), json.dumps(line)):
        assert "Awa" not in text


def test_a_batch_that_is_not_there_is_said_so(cli, till):
    for word in ("99", "0", "x"):
        assert f"no batch {word}" in cli("batches", "show", word, exit=1).stderr


def test_a_batch_that_failed_is_shown_with_its_attempts(cli, told, till):
    batch_id, _ = give_up(till, sale("A"))

    (line,) = told("batches", "list")
    shown = cli("batches", "show", batch_id)

    assert (line["status"], line["failures"]) == ("failed", 6)
    assert "died without saying why" in line["error"]
    assert "Attempt 1" in shown.stdout
    assert "failed list --task sales.process" in shown.stderr


def test_a_failed_batch_is_worked_off_after_all(process, till):
    batch_id, failure_id = give_up(till, sale("A"))

    done = process("failed", "retry", failure_id, "--why", "more memory", "--json")

    assert done.returncode == 0, done.stderr
    name = f"batch {batch_id}"
    assert json.loads(done.stdout)["retried"] == [{"id": failure_id, "as": name}]
    assert f"sweeper will find {name}" in done.stderr
    assert status_of(batch_id) == "due"
    with reading() as session:
        failed = failures.find(session, failure_id)
        assert (failed.state, failed.retried_as) == ("retried", name)
    assert given.audited() == [("failure.retry", f"failed task {failure_id}", "more memory")]
    assert work_off(batch_id) == "done"
    assert [sold.invoice_number for sold in sales()] == ["A"]
    assert process("failed", "retry", failure_id).returncode == 1


def test_a_worker_is_rung_for_a_batch(process, till, redis_url, empty_redis):
    batch_id, failure_id = give_up(till, sale("A"))

    done = process("failed", "retry", failure_id, REDIS_URL=redis_url)

    assert done.returncode == 0, done.stderr
    with redis.Redis.from_url(redis_url) as client:
        message = json.loads(client.lindex("moulin:sales", 0))
    assert message["headers"]["task"] == "sales.process"
    assert message["headers"]["argsrepr"] == f"[{batch_id}]"


def test_a_failure_names_its_batch(cli, told, till):
    batch_id, failure_id = give_up(till, sale("A"))

    (line,) = told("failed", "list")

    assert (line["batch_id"], line["run_id"]) == (batch_id, None)
    assert told("failed", "show", failure_id)["args"] == [batch_id]
    cli("failed", "dismiss", failure_id, "--why", "a test till")
    assert told("failed", "list") == []


def test_a_refused_sale_is_listed_and_sold_after_a_correction(cli, told, till):
    till.send(sale("A"), sale("B", (CASE, 6), client=CUSTOMER))
    given.reject({"id": 7})

    (line,) = told("rejects", "list", "--sync", "sales")
    refused = told("rejects", "replay", line["id"], exit=3)

    batch_id = told("batches", "list")[0]["id"]
    assert (line["batch_id"], line["batch_position"]) == (batch_id, 2)
    assert (line["external_id"], line["code"]) == ("B", "STOCK_INSUFFISANT")
    assert "Awa" not in json.dumps(line)
    assert told("rejects", "show", line["id"])["payload"]["client"] == CUSTOMER
    assert refused["refused"][0]["error"] == (
        f"Reject {line['id']} is still refused: Stock insuffisant pour Coque."
    )
    adjust(CASE, 10)

    act = told("rejects", "replay", "--all", "--sync", "sales")
    assert (act["matching"], act["done"], act["refusals"]) == (1, 1, [])

    assert [sold.invoice_number for sold in sales()] == ["A", "B"]
    assert stock_of(CASE) == 9
    assert told("rejects", "list", "--sync", "sales") == []
    assert len(told("rejects", "list")) == 1, "the products' own is left alone"
    answer = till.send(sale("B", (CASE, 6), client=CUSTOMER))
    assert answer["ventes_erreurs"][0]["code"] == "DOUBLON"
    assert answer["ventes_creees"][0]["numero_facture"] == "B"
    cli("stock", "verify")


def test_a_sale_without_a_number_is_sold_once_under_the_one_it_got(cli, told, till):
    till.send(sale(None, (CASE, 6)))
    (line,) = told("rejects", "list", "--sync", "sales")
    adjust(CASE, 10)

    told("rejects", "replay", line["id"])

    (sold,) = sales()
    assert sold.invoice_number == line["external_id"]
    assert line["external_id"].startswith("VENTE-2-")
    cli("rejects", "replay", line["id"], exit=1)
    assert stock_of(CASE) == 9


def test_what_a_sale_is_refused_for_is_said_with_its_field(told, till):
    till.send({"numero_facture": "A", "lignes": []}, sale("B", (99, 1)), sale("C"))
    till.send(sale("C", (PHONE, 2)))
    ids = {line["code"]: line["id"] for line in told("rejects", "list", "--sync", "sales")}

    act = told("rejects", "replay", "--all", "--sync", "sales", "--why", "counted", exit=1)

    said = {item["id"]: item["detail"].partition("refused")[2] for item in act["refusals"]}
    assert said == {
        ids["VENTE_INVALIDE"]: " (lignes): lignes\u00a0: doit contenir au moins une ligne.",
        ids["ARTICLE_INCONNU"]: " (lignes.0.article_id): Article 99 non trouvé.",
        ids["CONFLIT_FACTURE"]: (
            " (numero_facture): La facture C existe déjà avec un autre contenu\u00a0; la vente "
            "est gardée pour vérification, inutile de la renvoyer."
        ),
    }
    assert len(open_rejects()) == 3


def test_to_discard_a_sale_says_who_would_send_it_again(cli, told, till):
    till.send(sale("B", (CASE, 6)))
    (line,) = told("rejects", "list", "--sync", "sales")

    said = cli("rejects", "discard", line["id"], "--why", "counted twice").stderr

    assert "whoever sent them" in said
    with reading() as session:
        assert rejects.find(session, line["id"]).reason == "counted twice"


def test_a_list_of_no_sync_is_still_refused(cli):
    assert "there are: b2b.categories" in cli("rejects", "list", "--sync", "sale", exit=1).stderr


def test_a_conflict_is_shown_with_both_sales_and_sold_under_another_number(cli, told, till, beside):
    till.send(sale("A"))
    beside.send(sale("A"))
    (line,) = told("rejects", "list", "--sync", "sales")

    shown, said = told("rejects", "show", line["id"]), cli("rejects", "show", line["id"])

    assert (shown["shop"]["name"], shown["terminal"]["name"]) == ("Ma Boutique", "Caisse 2")
    assert shown["conflicts_with"]["terminal"] == "Terminal messie vanza"
    assert shown["conflicts_with"]["total"] == "40000.00"
    for word in ("2 (Ma Boutique)", "3 (Caisse 2)", "Samsung S24", "Terminal messie vanza"):
        assert word in said.stdout
    assert f"rejects replay {line['id']} --number NEW" in said.stderr
    assert "existe déjà" in cli("rejects", "replay", line["id"], "--number", "A", exit=3).stderr
    told("rejects", "replay", line["id"], "--number", "A-2")
    assert [each.invoice_number for each in sales()] == ["A", "A-2"]
    assert open_rejects() == []


def test_another_number_is_for_one_sale(cli, told, till):
    for number in "AB":
        till.send(sale(number, (CASE, 6)))
    ids = [line["id"] for line in told("rejects", "list", "--sync", "sales")]

    for arguments in (["--all"], ids):
        said = cli("rejects", "replay", *arguments, "--number", "N", exit=2)
        assert "--number is for one sale" in said.stderr
    assert "must not be empty" in cli("rejects", "replay", ids[0], "--number", " ", exit=2).stderr
    record = given.reject({"id": 1}, "1")
    said = cli("rejects", "replay", record, "--number", "N", exit=3)
    assert "is no sale" in said.stderr
