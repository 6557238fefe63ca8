"""Numbers as they are compared: spellings that nobody can tell apart are one number."""

from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest

from db.models import Reject, Sale
from db.session import reading, writing
from syncs.acts.by import By
from syncs.acts.rejects import replay
from syncs.sales.process import process
from syncs.views import rejects as views
from tests.syncs.sales.conftest import CASE, PHONE, count, open_rejects, sale, sales, stock_of

SPELLINGS = [
    " V-é1", "V-é1 ", "\tV-é1\r\n", "\u00a0V-é1\u2003", "\ufeffV-é1", "V-é1\u200b", "\u2060 V-é1",
    unicodedata.normalize("NFD", "V-é1"), f" {unicodedata.normalize('NFD', 'V-é1')}\ufeff ",
]  # fmt: skip
DIFFERENT = ["v-é1", "V-E1", "V -é1", "V-é 1", "V-é1.", "V-\u200bé1", "V\u2010é1", "Ｖ-é1"]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_same_sale_under_another_spelling_is_a_double(till, spelling):
    till.send(sale("V-é1"))

    again = till.send(sale(spelling))

    (error,) = again["ventes_erreurs"]
    assert (error["code"], error["numero_facture"]) == ("DOUBLON", spelling)
    assert error["erreur"] == "Vente V-é1 existe déjà, ignorée"
    # By what it sent a till knows its sale.
    assert [made["numero_facture"] for made in again["ventes_creees"]] == [spelling]
    assert (count(Sale), stock_of(PHONE)) == (1, 9)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_another_sale_under_another_spelling_is_a_conflict(till, spelling):
    till.send(sale(spelling))

    answer = till.send(sale("V-é1", (CASE, 1)))

    assert [error["code"] for error in answer["ventes_erreurs"]] == ["CONFLIT_FACTURE"]
    # What was sent is kept as it was sent.
    assert [each.invoice_number for each in sales()] == [spelling]
    (reject,) = open_rejects()
    with reading() as session:
        shown = views.find(session, reject.id, opened=False).conflicts_with
    assert shown is not None
    assert shown.invoice_number == spelling


def test_what_looks_different_is_different(till):
    answer = till.send(sale("V-é1"), *map(sale, DIFFERENT))

    assert answer["ventes_erreurs"] is None
    assert count(Sale) == 1 + len(DIFFERENT)


def test_spellings_in_one_batch_are_one_sale(till):
    answer = till.send(sale("A"), sale(" A"), sale("A ", (CASE, 1)))

    assert [error["code"] for error in answer["ventes_erreurs"]] == ["DOUBLON", "CONFLIT_FACTURE"]
    assert [made["numero_facture"] for made in answer["ventes_creees"]] == ["A", " A"]


def test_a_key_again_is_answered_the_same_whatever_the_spelling(till):
    batch = (sale(" A "), sale("B", (CASE, 6)))
    first = till.send(*batch, key="k")

    assert till.send(*batch, key="k") == first


def test_a_refusal_under_two_spellings_waits_once_and_is_closed_by_either(till):
    till.send(sale("A", (CASE, 6)))
    till.send(sale(" A", (CASE, 6)))
    assert len(open_rejects()) == 1
    with writing() as session:
        session.get_one(Reject, 1).batch_position = 1

    with pytest.raises(Exception, match="Stock insuffisant"):
        replay(open_rejects()[0].id, by=By("ops"))


def test_only_invisible_characters_are_no_number(till):
    answer = till.send(sale("\u200b \ufeff"))

    assert answer["ventes_creees"][0]["numero_facture"].startswith("VENTE-2-")


def test_a_number_in_nfd_may_be_as_long_as_any(till):
    number = "e\u0301" * 32
    till.send(sale(number))

    assert sales()[0].compared_number == "é" * 32
    assert till.send(sale("é" * 32))["ventes_erreurs"][0]["code"] == "DOUBLON"


def test_a_number_that_grows_when_it_is_composed_is_kept(till):
    """Some letters have no composed form: 64 of them become 192."""
    number = "\ufb2c" * 64

    assert till.send(sale(number))["ventes_erreurs"] is None
    assert till.send(sale(number))["ventes_erreurs"][0]["code"] == "DOUBLON"


def test_spellings_at_once_are_one_sale(till):
    received = [till.receive(sale(number)) for number in ("A", " A", "A ", "\ufeffA")]
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(process, [each.batch_id for each in received])) == {"done"}

    assert (count(Sale), stock_of(PHONE), open_rejects()) == (1, 9, [])
