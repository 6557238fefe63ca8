"""What a till sent it can read again: the guide's two curls, after the guide's sales."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from db import bulk
from db.models import Product
from db.session import reading, writing
from tests.api.till import CASE, GUIDE, OTHERS_SERIAL, PHONE, Till, furnish, sale

SIMPLE = "/api/v2/simple/"


@pytest.fixture
def till(app, store) -> Till:
    """The guide's till; its articles have been there for an hour."""
    furnish()
    with writing() as session:
        hour = bulk.now(session) - timedelta(hours=1)
        session.query(Product).update({"updated_at": hour})
    return Till(app)


def read(till: Till, path: str) -> Any:
    answer = till.send(f"GET {SIMPLE}{path}")
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def test_the_guides_sales_are_in_the_history_and_in_the_figures(till):
    sent = till.sold(GUIDE)

    history = read(till, "ventes/historique/")
    figures = read(till, "statistiques/")

    # Sent in one request without a date: received at once, the later one of it first.
    assert [found["numero_facture"] for found in history["results"]] == ["VENTE-002", "VENTE-001"]
    for created, found in zip(sent["ventes_creees"], history["results"][::-1], strict=True):
        lines = [{**line, "article_id": None, "prix_catalogue": None} for line in created["lignes"]]
        kept = [{**line, "article_id": None, "prix_catalogue": None} for line in found["lignes"]]
        assert (found["montant_total"], kept) == (created["montant_total"], lines)
    assert figures["devise"] == "CDF"
    assert figures["total"]["nombre_ventes"] == 2
    assert figures["total"]["montant_total"] == "90000.00"
    assert {one["mode_paiement"] for one in figures["par_mode_paiement"]} == {
        "CASH",
        "MOBILE_MONEY",
    }
    assert [(top["article_id"], top["quantite"]) for top in figures["top_articles"]] == [
        (CASE, 2),
        (PHONE, 1),
    ]


def test_what_was_sold_is_changed_for_every_till_of_the_shop_and_no_other(till, app):
    before = read(till, "articles/")

    till.sold([sale("V-1", (PHONE, 3))])

    changed = read(till, f"articles/?modifie_depuis={before['a_jour_au']}")
    other = Till(app, OTHERS_SERIAL)
    assert [(found["id"], found["stock"]) for found in changed["results"]] == [(PHONE, 7)]
    assert read(other, f"articles/?modifie_depuis={before['a_jour_au']}")["results"] == []
    assert read(other, "ventes/historique/")["results"] == []
    assert read(other, "statistiques/")["total"]["nombre_ventes"] == 0


def test_a_sale_is_of_the_day_it_happened_and_tells_no_customer(till):
    with reading() as session:
        now = bulk.now(session)
    happened = (now - timedelta(days=3)).isoformat(timespec="milliseconds")

    till.sold([sale("V-1", date_vente=happened, client="Mme Kabila", remise=500, paye=False)])

    (found,) = read(till, "ventes/historique/")["results"]
    figures = read(till, "statistiques/")
    assert datetime.fromisoformat(found["date_vente"]) == datetime.fromisoformat(happened)
    assert datetime.fromisoformat(found["date_reception"]) >= now - timedelta(seconds=1)
    assert (found["remise"], found["montant_total"]) == ("500.00", "39500.00")
    assert "Kabila" not in str(found)
    assert [day["jour"] for day in figures["par_jour"]] == [found["date_vente"][:10]]
    assert figures["total"]["impayees"] == {"nombre_ventes": 1, "montant_total": "39500.00"}


def test_a_refund_is_counted_as_one(till):
    till.sold([sale("V-1", (PHONE, 2)), sale("V-2", (PHONE, -1))])

    figures = read(till, "statistiques/")

    assert figures["total"]["remboursements"] == 1
    assert figures["total"]["nombre_articles"] == 1
    assert figures["total"]["montant_total"] == "40000.00"
