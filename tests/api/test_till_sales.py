"""The guide's conversation, letter for letter: whole answers, with their keys in their order."""

from __future__ import annotations

import io
import json
import re

import pytest

import core.settings
from core import logs
from db.models import SalesBatch
from tests.api.till import (
    CASE,
    GUIDE,
    PHONE,
    SYNC,
    Till,
    count,
    furnish,
    numbers,
    sale,
    stock_of,
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
