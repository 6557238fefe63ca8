"""The guide's conversation, letter for letter: whole answers, with their keys in their order."""

from __future__ import annotations

import io
import json
import re

import pytest

import core.settings
from core import logs
from db.models import SalesBatch
from db.session import writing
from tests.api.till import (
    CASE,
    GUIDE,
    OTHERS_SERIAL,
    PHONE,
    SYNC,
    Till,
    count,
    furnish,
    numbers,
    sale,
    stock_of,
    work,
    working,
)

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
SHOP = {"boutique_id": 2, "boutique_nom": "Ma Boutique", "terminal": "Terminal messie vanza"}
PHONE_SOLD = {
    "numero_facture": "VENTE-001",
    "montant_total": "40000.00",
    "lignes": [
        {
            "article_nom": "Samsung S24",
            "quantite": 1,
            "prix_unitaire": "40000.00",
            "sous_total": "40000.00",
        }
    ],
}
CASES_SOLD = {
    "numero_facture": "VENTE-002",
    "montant_total": "50000.00",
    "lignes": [
        {
            "article_nom": "Article X",
            "quantite": 2,
            "prix_unitaire": "25000.00",
            "sous_total": "50000.00",
        }
    ],
}


@pytest.fixture
def till(app, store):
    furnish()
    return Till(app)


def body(message, sent, good, bad, created, errors, **more):
    """The document as it is sent, to the letter."""
    document = {
        "success": True,
        "message": message,
        **SHOP,
        "statistiques": {"total_envoyees": sent, "reussies": good, "erreurs": bad},
        "ventes_creees": created,
        "ventes_erreurs": errors,
        **more,
    }
    return json.dumps(document, ensure_ascii=False)


def text(answer):
    assert answer.headers["Content-Type"] == "application/json"
    return answer.data.decode()


def test_the_guides_two_sales_are_sold(till):
    with working():
        answer = till.post(GUIDE, Content_Type="application/json")

    assert answer.status_code == 201
    assert text(answer) == body(
        "2 vente(s) synchronisée(s) avec succès", 2, 2, 0, [PHONE_SOLD, CASES_SOLD], None
    )
    assert not {"Location", "Retry-After", "Preference-Applied"} & set(answer.headers.keys())
    assert "Idempotent-Replayed" not in answer.headers
    assert (stock_of(PHONE), stock_of(CASE)) == (9, 8)


def test_the_guides_partial_success(app, store):
    furnish(phones=1, cases=1)

    with working():
        answer = Till(app).post(GUIDE)

    assert answer.status_code == 201
    assert text(answer) == body(
        "1 vente(s) synchronisée(s) avec succès", 2, 1, 1, [PHONE_SOLD],
        [
            {
                "index": 2,
                "numero_facture": "VENTE-002",
                "erreur": "Stock insuffisant pour Article X",
                "code": "STOCK_INSUFFISANT",
            }
        ],
    )  # fmt: skip
    assert (stock_of(PHONE), stock_of(CASE)) == (0, 1)


def test_the_guides_errors(till):
    def told(answer):
        return answer.status_code, text(answer)

    missing = (
        '{"error": "Numéro de série du terminal requis dans les headers", '
        '"code": "MISSING_SERIAL", "header_required": "X-Device-Serial"}'
    )
    assert told(Till(till.app, "").post(GUIDE)) == (400, missing)
    assert told(till.post("{}")) == (
        400,
        '{"error": "Format invalide: un tableau de ventes est attendu", "code": "INVALID_FORMAT"}',
    )
    assert told(Till(till.app, "unknown").post(GUIDE)) == (
        404,
        '{"error": "Terminal non trouvé ou inactif", "code": "TERMINAL_NOT_FOUND"}',
    )
    assert count(SalesBatch) == 0


def test_all_refused_is_still_a_success(till):
    with working():
        answer = till.post([sale("A", (PHONE, 11))])

    assert answer.status_code == 201
    assert text(answer) == body(
        "0 vente(s) synchronisée(s) avec succès", 1, 0, 1, [],
        [
            {
                "index": 1,
                "numero_facture": "A",
                "erreur": "Stock insuffisant pour Samsung S24",
                "code": "STOCK_INSUFFISANT",
            }
        ],
    )  # fmt: skip


def test_the_same_again_is_told_as_duplicates_that_are_in(till):
    till.sold(GUIDE)

    with working():
        answer = till.post(GUIDE)

    refused = [
        {
            "index": index,
            "numero_facture": number,
            "erreur": f"Vente {number} existe déjà, ignorée",
            "code": "DOUBLON",
            "deja_enregistree": True,
        }
        for index, number in ((1, "VENTE-001"), (2, "VENTE-002"))
    ]
    assert answer.status_code == 201
    assert text(answer) == body(
        "0 vente(s) synchronisée(s) avec succès", 2, 0, 2,
        [PHONE_SOLD | {"deja_enregistree": True}, CASES_SOLD | {"deja_enregistree": True}],
        refused,
    )  # fmt: skip
    assert (stock_of(PHONE), stock_of(CASE)) == (9, 8)


def test_an_empty_array_is_nothing_and_keeps_nothing(till):
    answer = till.post("[]", idempotency_key="k")

    assert answer.status_code == 201
    assert text(answer) == body("0 vente(s) synchronisée(s) avec succès", 0, 0, 0, [], None)
    assert count(SalesBatch) == 0


def test_what_is_in_and_not_worked_off_has_every_field_of_the_201(till):
    answer = till.post(GUIDE, prefer="respond-async")

    batch = json.loads(answer.data)["batch_id"]
    assert UUID.fullmatch(batch)
    assert answer.status_code == 202
    assert text(answer) == body(
        "2 vente(s) reçue(s), traitement en cours", 2, 0, 0, [], None, batch_id=batch
    )
    assert answer.headers["Location"] == f"{SYNC}{batch}/"
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["Preference-Applied"] == "respond-async"
    assert numbers() == []


@pytest.mark.parametrize(
    ("status", "told"), [("due", "en_attente"), ("running", "en_cours"), ("failed", "echec")]
)
def test_the_page_of_a_batch_says_how_far_it_is(till, status, told):
    posted = till.post(GUIDE, prefer="respond-async")
    with writing() as session:
        session.query(SalesBatch).one().status = status

    page = till.send(f"GET {posted.headers['Location']}")

    assert page.status_code == 200
    assert page.headers["Retry-After"] == "5"
    assert text(page) == posted.data.decode()[:-1] + f', "statut": "{told}"}}'


def test_the_page_of_a_batch_that_is_done_is_the_201_byte_for_byte(till):
    with working():
        created = till.post(GUIDE, idempotency_key="k")
    again = till.post(GUIDE, idempotency_key="k", prefer="respond-async")
    first = till.post([sale("LATER", (CASE, 1))], prefer="respond-async")
    before = till.send(f"GET {first.headers['Location']}")
    work()
    page = till.send(f"GET {first.headers['Location']}")

    assert (created.status_code, again.status_code) == (201, 201)
    assert again.data == created.data
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Preference-Applied" not in again.headers
    assert "statut" in text(before)
    assert page.status_code == 200
    assert "Retry-After" not in page.headers
    assert text(page) == body(
        "1 vente(s) synchronisée(s) avec succès", 1, 1, 0,
        [
            {
                "numero_facture": "LATER",
                "montant_total": "25000.00",
                "lignes": [
                    {
                        "article_nom": "Article X",
                        "quantite": 1,
                        "prix_unitaire": "25000.00",
                        "sous_total": "25000.00",
                    }
                ],
            }
        ],
        None,
    )  # fmt: skip


def test_a_batch_is_no_business_of_another_shop(till):
    location = till.post(GUIDE, prefer="respond-async").headers["Location"]
    other = Till(till.app, OTHERS_SERIAL)
    unknown = SYNC + "00000000-0000-4000-8000-000000000000/"

    answers = [other.send(f"GET {location}"), till.send(f"GET {unknown}")]

    for answer in answers:
        assert answer.status_code == 404
        assert text(answer) == '{"error": "Lot de ventes non trouvé", "code": "BATCH_NOT_FOUND"}'


@pytest.mark.parametrize(
    "name", ["x", "%00", "é", "0" * 36, "A" * 36, "a" * 5000, "-1", "' OR 1=1"]
)
def test_what_is_no_batch_is_not_found(till, name):
    answer = till.send(f"GET {SYNC}{name}/")

    assert (answer.status_code, answer.get_json()["code"]) == (404, "BATCH_NOT_FOUND")


def test_a_slash_that_is_missing_changes_nothing(till):
    posted = till.send(f"POST {SYNC[:-1]}", data=GUIDE, headers={"Prefer": "respond-async"})
    page = till.send(f"GET {posted.headers['Location'][:-1]}")

    assert (posted.status_code, page.status_code) == (202, 200)
    assert posted.get_json()["batch_id"] == page.get_json()["batch_id"]


def test_other_methods_are_told_the_right_ones(till):
    for what, allowed in ((f"GET {SYNC}", "POST"), (f"DELETE {SYNC}x/", "GET, HEAD")):
        answer = till.send(what)

        assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)
        assert answer.get_json()["code"] == "METHOD_NOT_ALLOWED"


def test_a_sale_without_a_number_gets_one_at_reception(till):
    posted = till.post([sale(), sale(), sale("MINE"), sale(None)], prefer="respond-async")
    work()
    told = till.send(f"GET {posted.headers['Location']}").get_json()

    made = [each["numero_facture"] for each in told["ventes_creees"]]
    stamp = made[0].split("-")[2]
    assert re.fullmatch(r"\d{14}", stamp)
    assert made == [f"VENTE-2-{stamp}-0", f"VENTE-2-{stamp}-1", "MINE", f"VENTE-2-{stamp}-3"]
    assert "Idempotency-Key" in told["avertissement"]


def test_two_requests_of_one_second_share_no_number(till):
    for _ in range(3):
        till.post([sale()], prefer="respond-async")
    work()

    assert len(set(numbers())) == 3


def test_what_came_in_is_logged_and_nothing_of_what_was_in_it(till, monkeypatch):
    monkeypatch.setenv("LOG_FORMAT", "json")
    core.settings.reset()
    written = io.StringIO()
    logs.configure(written)

    answer = till.post([sale("CANARY", client="CANARY")], prefer="respond-async")
    till.post("{")

    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    received = [line for line in lines if line["event"] == "sales.received"]
    assert len(received) == 1
    assert (received[0]["shop"], received[0]["terminal"], received[0]["count"]) == (2, 2, 1)
    assert received[0]["correlation_id"] == answer.headers["X-Request-ID"]
    assert "CANARY" not in written.getvalue()
    assert till.serial not in written.getvalue()
