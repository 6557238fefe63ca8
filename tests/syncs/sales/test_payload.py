"""A sale as the tills send it: what is read, what is refused and how that is said."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.errors import SkippableError
from core.strict_json import parse
from syncs.sales import payload

PARIS = ZoneInfo("Europe/Paris")
LINE = {"article_id": 6}
OF_0_1_0 = "6ea7274a2f37cf61aa1d63ee997f778a7121462462c18ee55df0aa8c306dbae5"
"""As version 0.1.0 has stored it."""


def read(**fields: Any) -> payload.TillSale:
    return payload.read({"lignes": [LINE], **fields}, PARIS)


def one_line(**fields: Any) -> payload.TillSale:
    return read(lignes=[{**LINE, **fields}])


def test_the_guides_sale_is_read():
    sale = payload.read(
        {
            "numero_facture": "VENTE-002",
            "mode_paiement": "MOBILE_MONEY",
            "paye": True,
            "lignes": [{"article_id": 7, "quantite": 2, "prix_unitaire": 25000}],
        },
        PARIS,
    )

    assert (sale.number, sale.method, sale.is_paid) == ("VENTE-002", "MOBILE_MONEY", True)
    assert [(line.product_id, line.quantity, line.unit_price) for line in sale.lines] == [
        (7, 2, Decimal(25000))
    ]


def test_what_is_absent_has_the_guides_defaults_and_null_is_absent():
    bare = read()
    told = read(
        numero_facture=None, mode_paiement=None, paye=None, date_vente=None, remise=None,
        client=None, lignes=[{**LINE, "quantite": None, "prix_unitaire": None}],
    )  # fmt: skip

    for sale in (bare, told):
        assert (sale.number, sale.method, sale.is_paid, sale.lines[0].quantity) == (
            None, "CASH", True, 1,
        )  # fmt: skip
    assert bare.content_hash() == told.content_hash()


@pytest.mark.parametrize("number", ["", "   "])
def test_an_empty_number_is_none(number):
    assert read(numero_facture=number).number is None


def test_a_number_stays_as_it_was_sent():
    assert read(numero_facture=" É-1/2 n° 7 ").number == " É-1/2 n° 7 "


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no lines": ({"lignes": []}, "lignes"),
    "lines that are no list": ({"lignes": {"0": LINE}}, "lignes"),
    "201 lines": ({"lignes": [LINE] * 201}, "lignes"),
    "a line that is no object": ({"lignes": [6]}, "lignes.0"),
    "a line without article": ({"lignes": [LINE, {}]}, "lignes.1.article_id"),
    "another payment": ({"mode_paiement": "BITCOIN"}, "mode_paiement"),
    "a payment that is no text": ({"mode_paiement": 1}, "mode_paiement"),
    "paid, in words": ({"paye": "oui"}, "paye"),
    "paid, as a number": ({"paye": 1}, "paye"),
    "a number of 300 characters": ({"numero_facture": "A" * 300}, "numero_facture"),
    "a number with a NUL": ({"numero_facture": "A\x00"}, "numero_facture"),
    "a number with a newline": ({"numero_facture": "A\nB"}, "numero_facture"),
    "half a character": ({"numero_facture": "\ud800"}, "numero_facture"),
    "a number that is a number": ({"numero_facture": 12}, "numero_facture"),
    "a date in words": ({"date_vente": "hier"}, "date_vente"),
    "a date that is a number": ({"date_vente": 1763735400}, "date_vente"),
    "C#'s date of nothing": ({"date_vente": "0001-01-01T00:00:00"}, "date_vente"),
    "a date at the end of time": ({"date_vente": "0001-01-01T00:00:00+23:00"}, "date_vente"),
    "a discount of a finer amount": ({"remise": -0.33333}, "remise"),
    "a discount beyond all amounts": ({"remise": -(10**400)}, "remise"),
    "a discount that is NaN": ({"remise": parse(b"NaN", tolerant=True)}, "remise"),
    "a client that is a list": ({"client": ["Awa"]}, "client"),
    "a client of a book": ({"client": "a" * 5000}, "client"),
    "a client with NaN": ({"client": parse(b'{"age": NaN}', tolerant=True)}, "client"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_malformed_sale_is_refused_by_its_field(name):
    fields, path = REFUSED[name]

    with pytest.raises(SkippableError) as caught:
        read(**fields)

    assert (caught.value.code, caught.value.field) == ("VENTE_INVALIDE", path)
    assert str(caught.value).startswith(f"{path}\u00a0: ")


@pytest.mark.parametrize(
    "quantity", ["0", "1.5", '"2"', "1000000000", "-1000001", "NaN", "1e999", "true", "[]"]
)
def test_a_quantity_is_a_whole_number(quantity):
    with pytest.raises(SkippableError) as caught:
        one_line(quantite=parse(quantity.encode(), tolerant=True))

    assert caught.value.field == "lignes.0.quantite"


@pytest.mark.parametrize(
    "price",
    ["NaN", "Infinity", "-0.01", "1e999", "1.00001", "1000000000.01", '"12,50"', '""', "true",
     "{}", "9" * 200],
)  # fmt: skip
def test_a_price_is_an_amount(price):
    with pytest.raises(SkippableError) as caught:
        one_line(prix_unitaire=parse(price.encode(), tolerant=True))

    assert caught.value.field == "lignes.0.prix_unitaire"


@pytest.mark.parametrize(
    ("price", "read_as"),
    [("40000", "40000"), ("0", "0"), ('"19.99"', "19.99"), ("0.1", "0.1"), ("1E2", "100")],
)
def test_prices_that_are_read(price, read_as):
    found = one_line(prix_unitaire=parse(price.encode(), tolerant=True))

    assert found.lines[0].unit_price == Decimal(read_as)


def test_the_refusal_repeats_nothing_that_was_sent():
    with pytest.raises(SkippableError) as caught:
        read(mode_paiement="<script>secret</script>")

    assert "secret" not in str(caught.value)


def test_a_date_without_a_zone_is_the_shops():
    assert read(date_vente="2026-07-01T12:00:00").moment(PARIS) == datetime(
        2026, 7, 1, 10, tzinfo=UTC
    )


def test_a_discount_is_the_same_with_either_sign():
    plus, minus = read(remise=2), read(remise="-2.0")

    assert plus.discount == minus.discount == Decimal(2)
    assert plus.content_hash() == minus.content_hash()


def test_what_0_1_0_sold_is_still_known_by_its_content():
    sold = read(
        remise="1000.5", date_vente="2026-07-01T12:00:00+02:00", mode_paiement="CARTE",
        lignes=[{"article_id": 6, "quantite": 2, "prix_unitaire": 19.99}, {"article_id": 7}],
    )  # fmt: skip

    assert sold.content_hash() == OF_0_1_0


def test_the_same_sale_in_other_letters_has_the_same_content():
    one = read(lignes=[{"article_id": 6, "quantite": 1, "prix_unitaire": 40000}])
    other = read(
        mode_paiement="CASH", paye=True, client="Awa", inconnu=1,
        lignes=[{"article_id": 6, "prix_unitaire": "40000.00"}],
    )  # fmt: skip

    assert one.content_hash() == other.content_hash()


@pytest.mark.parametrize(
    "fields",
    [
        {"mode_paiement": "CARTE"},
        {"paye": False},
        {"remise": 1},
        {"date_vente": "2026-07-01T12:00:00"},
        {"lignes": [LINE, LINE]},
        {"lignes": [{"article_id": 7}]},
        {"lignes": [{"article_id": 6, "quantite": 2}]},
        {"lignes": [{"article_id": 6, "prix_unitaire": 1}]},
    ],
)
def test_another_sale_has_another_content(fields):
    assert read(**fields).content_hash() != read().content_hash()


def test_a_computed_amount_is_no_other_content():
    meant, computed = one_line(prix_unitaire=0.3), one_line(prix_unitaire=0.1 + 0.2)

    assert meant.content_hash() == computed.content_hash()


def test_the_number_of_a_malformed_sale_is_found_where_there_is_one():
    assert payload.number_of({"numero_facture": "A-1"}) == "A-1"
    assert payload.number_of({"numero_facture": "A" * 65}) is None
    assert payload.number_of([]) is None
