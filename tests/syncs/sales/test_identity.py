"""Identity: a number is one sale of its shop, however often and in whatever company it comes."""

from __future__ import annotations

import json

import pytest

from db.access import audit
from db.models import AuditEvent, Product, Sale, SalesBatch, Terminal
from db.session import reading, writing
from db.tills import batches
from db.tills.batches import KeyReused
from syncs.sales.process import process
from tests.syncs.sales.conftest import (
    CASE,
    PHONE,
    adjust,
    count,
    open_rejects,
    sale,
    set_policy,
    stock_of,
)


def test_the_same_batch_again_is_answered_as_documented(till):
    first = till.send(sale("A"), sale("B", (CASE, 2)))
    again = till.send(sale("A"), sale("B", (CASE, 2)))

    assert again["statistiques"] == {"total_envoyees": 2, "reussies": 0, "erreurs": 2}
    assert again["message"] == "0 vente(s) synchronisée(s) avec succès"
    assert again["ventes_erreurs"] == [
        {
            "index": index,
            "numero_facture": number,
            "erreur": f"Vente {number} existe déjà, ignorée",
            "code": "DOUBLON",
            "deja_enregistree": True,
        }
        for index, number in ((1, "A"), (2, "B"))
    ]
    # The till marks as synchronised only what stands here.
    assert again["ventes_creees"] == [
        {**made, "deja_enregistree": True} for made in first["ventes_creees"]
    ]
    assert (count(Sale), stock_of(PHONE), stock_of(CASE)) == (2, 9, 3)
    assert open_rejects() == []


def test_a_terminal_may_be_told_errors_only(till):
    with writing() as session:
        session.get_one(Terminal, till.id).duplicates = "errors_only"
    till.send(sale("A"))

    again = till.send(sale("A"))

    assert again["ventes_creees"] == []
    assert again["ventes_erreurs"][0]["code"] == "DOUBLON"


def test_regrouped_with_new_ones_only_those_are_sold(till):
    till.send(sale("A"), sale("B"))

    answer = till.send(sale("B"), sale("C"))

    assert answer["statistiques"] == {"total_envoyees": 2, "reussies": 1, "erreurs": 1}
    assert [made["numero_facture"] for made in answer["ventes_creees"]] == ["B", "C"]
    assert stock_of(PHONE) == 7


def test_a_known_number_with_other_content_is_kept_for_a_person(till):
    till.send(sale("A"))

    answer = till.send(sale("A", (PHONE, 2)))

    assert answer["ventes_creees"] == []
    assert [(error["code"], error["champ"]) for error in answer["ventes_erreurs"]] == [
        ("CONFLIT_FACTURE", "numero_facture")
    ]
    assert [(reject.code, reject.external_id) for reject in open_rejects()] == [
        ("CONFLIT_FACTURE", "A")
    ]
    assert stock_of(PHONE) == 9


def test_two_other_contents_are_both_kept_and_one_of_them_once(till):
    till.send(sale("A"))
    for _ in range(2):
        till.send(sale("A", (PHONE, 2)))
    till.send(sale("A", (PHONE, 3)))

    assert [reject.code for reject in open_rejects()] == ["CONFLIT_FACTURE"] * 2


def test_twins_in_one_batch(till):
    answer = till.send(sale("A"), sale("A"), sale("A", (PHONE, 2)))

    assert [made.get("deja_enregistree") for made in answer["ventes_creees"]] == [None, True]
    assert [error["code"] for error in answer["ventes_erreurs"]] == ["DOUBLON", "CONFLIT_FACTURE"]
    assert stock_of(PHONE) == 9


def test_a_sale_that_is_refused_twice_in_a_batch_waits_once(till):
    till.send(sale("A", (CASE, 6)), sale("A"), sale("A", (CASE, 6)))

    (reject,) = open_rejects()
    assert (reject.code, reject.batch_position) == ("CONFLIT_FACTURE", 3)


def test_another_shop_may_use_the_number(till, other_till):
    till.send(sale("A"))

    answer = other_till.send(sale("A", (8, 1)))

    assert answer["boutique_nom"] == "Autre Boutique"
    assert answer["statistiques"]["reussies"] == 1


def test_a_refused_number_is_free_for_another_sale(till):
    till.send(sale("A", (CASE, 6)))

    answer = till.send(sale("A", (CASE, 1)))

    assert answer["statistiques"]["reussies"] == 1
    # What was refused was another sale, and is still there for a person.
    assert [reject.code for reject in open_rejects()] == ["STOCK_INSUFFISANT"]


def test_a_key_again_is_answered_byte_for_byte(till):
    first = till.receive(sale("A"), key="k-1")
    process(first.batch_id)

    again = till.receive(sale("A"), key="k-1")

    with reading() as session:
        kept = batches.look(session, first.batch_id).result
    assert (again.batch_id, again.replayed, again.status) == (first.batch_id, True, "done")
    assert again.result == kept
    assert count(SalesBatch) == 1


def test_a_key_again_before_it_was_worked_off_waits_with_the_first(till):
    first = till.receive(sale("A"), key="k-1")

    again = till.receive(sale("A"), key="k-1")

    assert (again.batch_id, again.status, again.result) == (first.batch_id, "due", None)


def test_a_key_with_another_body_is_refused(till):
    till.receive(sale("A"), key="k-1")

    with pytest.raises(KeyReused):
        till.receive(sale("B"), key="k-1")


def test_a_key_is_the_terminals_own(till, other_till):
    first = till.receive(sale("A"), key="k-1")

    assert other_till.receive(sale("A", (8, 1)), key="k-1").batch_id != first.batch_id


def test_what_was_refused_under_a_key_is_tried_again_and_what_was_sold_is_not(till):
    batch = (sale("A"), sale("B", (CASE, 6)), sale("A"))
    first = till.send(*batch, key="k-1")
    adjust(CASE, 10)
    received = till.receive(*batch, key="k-1")
    assert (received.status, received.replayed) == ("due", True)
    process(received.batch_id)

    second = till.answer(received.batch_id)

    assert first["statistiques"] == {"total_envoyees": 3, "reussies": 1, "erreurs": 2}
    assert second["statistiques"] == {"total_envoyees": 3, "reussies": 2, "erreurs": 1}
    assert second["ventes_creees"][0] == first["ventes_creees"][0]
    assert [made["numero_facture"] for made in second["ventes_creees"]] == ["A", "B", "A"]
    assert [error["code"] for error in second["ventes_erreurs"]] == ["DOUBLON"]
    assert (stock_of(PHONE), stock_of(CASE)) == (9, 9)
    with reading() as session:
        (noted,) = audit.recent(session)
    assert noted.what == "batch.answered_again"
    assert json.loads((noted.details or {})["before"]) == first


def test_a_key_that_finds_the_same_refusals_leaves_no_trace(till):
    first = till.send(sale("A", (CASE, 6)), key="k-1")
    second = till.send(sale("A", (CASE, 6)), key="k-1")

    assert first == second
    assert count(AuditEvent) == 0


def test_the_name_and_price_of_then_are_told_again(till):
    first = till.send(sale("A"))
    with writing() as session:
        phone = session.get_one(Product, PHONE)
        phone.title, phone.price = "Samsung S25", phone.price + 1

    again = till.send(sale("A"))

    assert again["ventes_creees"] == [{**first["ventes_creees"][0], "deja_enregistree": True}]


def test_a_policy_that_changed_sells_what_was_refused(till):
    till.send(sale("A", (CASE, 6)), key="k")
    set_policy(2, "allow")

    assert till.send(sale("A", (CASE, 6)), key="k")["statistiques"]["reussies"] == 1
    assert open_rejects() == []
