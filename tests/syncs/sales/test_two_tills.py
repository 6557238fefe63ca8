"""Two tills that count alike: two customers are two sales, however equal what they bought."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from core.errors import RefusedError
from db.access import audit
from db.models import Sale
from db.session import reading
from db.work import rejects
from syncs.acts.by import By
from syncs.acts.rejects import replay
from syncs.sales.process import process
from syncs.views import rejects as views
from tests.syncs.sales.conftest import (
    CASE,
    PHONE,
    add,
    adjust,
    codes,
    count,
    open_rejects,
    sale,
    sales,
    sold,
    stock_of,
)

OPS = By("ops")


def test_the_second_sale_is_no_silent_twin(till, beside):
    till.send(sale("000001"))

    answer = beside.send(sale("000001"))

    assert answer["ventes_creees"] == []
    (error,) = answer["ventes_erreurs"]
    assert (error["code"], error["champ"]) == ("CONFLIT_FACTURE", "numero_facture")
    assert "autre terminal" in error["erreur"]
    assert "inutile de la renvoyer" in error["erreur"]
    assert "deja_enregistree" not in error
    assert (sold(), stock_of(PHONE)) == ([("000001", 1)], 9)
    assert [each.code for each in open_rejects()] == ["CONFLIT_FACTURE"]


def test_whoever_sold_it_and_sends_again_has_a_double(till, beside):
    till.send(sale("000001"))
    for _ in range(3):
        beside.send(sale("000001"))
        assert codes(till.send(sale("000001"))) == ["DOUBLON"]

    assert len(open_rejects()) == 1


def test_the_refusals_of_two_tills_are_two(till, beside):
    third = add(4, "Caisse 3")
    for each in (till, beside, third, beside, third):
        each.send(sale("000001"))

    assert len(open_rejects()) == 2
    for number, reject in enumerate(open_rejects(), 2):
        replay(reject.id, number=f"00000{number}-bis", by=OPS)
    assert sold() == [("000001", 1), ("000002-bis", 3), ("000003-bis", 4)]
    assert stock_of(PHONE) == 7


def test_what_two_tills_lack_the_stock_for_waits_twice(till, beside):
    """Not only in conflicts: each of the two was sold to somebody."""
    for each in (till, beside):
        each.send(sale("A", (CASE, 6)))
    assert len(open_rejects()) == 2

    adjust(CASE, 10)
    till.send(sale("A", (CASE, 6)))

    (left,) = open_rejects()
    assert codes(beside.send(sale("A", (CASE, 6)))) == ["CONFLIT_FACTURE"]
    assert [(each.code, each.state) for each in open_rejects()] == [("CONFLIT_FACTURE", "open")]
    with reading() as session:
        assert rejects.find(session, left.id).state == "discarded"


def test_a_conflict_is_sold_under_another_number(till, beside, conflict):
    replay(conflict.id, number=" C2-000001 ", by=OPS)

    assert sold() == [("000001", 1), ("C2-000001", 3)]
    assert sales()[1].sent_number == "000001"
    assert (open_rejects(), stock_of(PHONE)) == ([], 8)
    with reading() as session:
        assert rejects.find(session, conflict.id).reason == "replayed by ops as C2-000001"
        (noted,) = audit.recent(session)
    assert (noted.what, (noted.details or {})["number"]) == ("reject.replay", " C2-000001 ")


def test_its_till_then_hears_that_it_is_in(till, beside, conflict):
    replay(conflict.id, number="C2-000001", by=OPS)

    for _ in range(2):
        answer = beside.send(sale("000001"))
        (made,) = answer["ventes_creees"]
        assert (made["numero_facture"], made["deja_enregistree"]) == ("000001", True)
        (error,) = answer["ventes_erreurs"]
        assert (error["code"], error["deja_enregistree"]) == ("DOUBLON", True)
        assert "C2-000001" in error["erreur"]
    assert codes(till.send(sale("000001"))) == ["DOUBLON"]
    assert (count(Sale), stock_of(PHONE), open_rejects()) == (2, 8, [])


def test_another_sale_of_its_till_under_that_number_is_a_conflict_still(till, beside, conflict):
    replay(conflict.id, number="C2-000001", by=OPS)

    assert codes(beside.send(sale("000001", (CASE, 1)))) == ["CONFLIT_FACTURE"]
    assert codes(beside.send(sale("C2-000001", (CASE, 1)))) == ["CONFLIT_FACTURE"]
    assert codes(till.send(sale("C2-000001"))) == ["CONFLIT_FACTURE"]
    assert codes(beside.send(sale("C2-000001"))) == ["DOUBLON"]


def test_under_a_key_what_was_cured_counts_as_sold_by_its_batch(till, beside):
    till.send(sale("A"))
    batch = (sale("A"), sale("B", (CASE, 1)))
    assert codes(beside.send(*batch, key="k")) == ["CONFLIT_FACTURE"]
    (reject,) = open_rejects()
    replay(reject.id, number="A-2", by=OPS)

    again = beside.send(*batch, key="k")

    assert again["statistiques"] == {"total_envoyees": 2, "reussies": 2, "erreurs": 0}
    assert [made["numero_facture"] for made in again["ventes_creees"]] == ["A", "B"]
    assert count(Sale) == 3


def test_two_sales_of_one_number_in_a_batch_are_both_its_own_when_one_was_cured(till):
    batch = (sale("A"), sale("A", (CASE, 1)))
    till.send(*batch, key="k")
    (reject,) = open_rejects()
    replay(reject.id, number="A-2", by=OPS)

    again = till.send(*batch, key="k")

    assert (again["statistiques"]["reussies"], again["ventes_erreurs"]) == (2, None)


def test_a_changed_sale_of_the_same_till_is_cured_alike(till):
    till.send(sale("A"))
    till.send(sale("A", (CASE, 1)))
    (reject,) = open_rejects()

    replay(reject.id, number="A-bis", by=OPS)

    assert codes(till.send(sale("A"), sale("A", (CASE, 1)))) == ["DOUBLON", "DOUBLON"]
    assert sold() == [("A", 1), ("A-bis", 1)]


@pytest.mark.parametrize("number", ["000001", " 000001", "TAKEN", "\ufeffTAKEN "])
def test_a_number_that_is_taken_cures_nothing(till, conflict, number):
    till.send(sale("TAKEN", (CASE, 1)))

    with pytest.raises(RefusedError, match="existe déjà"):
        replay(conflict.id, number=number, by=OPS)

    assert [each.id for each in open_rejects()] == [conflict.id]
    assert stock_of(PHONE) == 9


@pytest.mark.parametrize("number", ["", "  ", "\u200b", "A" * 65, "A\nB", "A\x00B", "\ud800"])
def test_what_is_no_number_is_refused(conflict, number):
    with pytest.raises(RefusedError, match="1 to 64 characters"):
        replay(conflict.id, number=number, by=OPS)

    assert [each.id for each in open_rejects()] == [conflict.id]


def test_a_sale_whose_number_is_free_keeps_it(till):
    till.send(sale("A", (CASE, 6)))
    (reject,) = open_rejects()
    adjust(CASE, 10)

    with pytest.raises(RefusedError, match="Number A is free"):
        replay(reject.id, number="B", by=OPS)
    assert (count(Sale), len(open_rejects())) == (0, 1)

    replay(reject.id, by=OPS)
    assert sold() == [("A", 1)]


def test_a_conflict_is_sold_once_however_often_it_is_replayed(conflict):
    def cure(number: str) -> str:
        try:
            replay(conflict.id, number=number, by=OPS)
        except RefusedError as error:
            return str(error)
        return "sold"

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(cure, ("X", "Y")))

    assert sorted(said)[1] == "sold"
    assert "replayed already" in min(said)
    assert (count(Sale), stock_of(PHONE)) == (2, 8)


def test_of_two_batches_at_once_one_is_sold_and_one_waits(till, beside):
    """Whichever comes second, it is a conflict, and the database refuses nothing."""
    adjust(PHONE, 100)
    received = [
        each.receive(*(sale(f"{turn}-{number}") for number in range(5)))
        for turn in range(5)
        for each in (till, beside)
    ]
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(process, [each.batch_id for each in received]))

    assert done == ["done"] * 10
    assert (count(Sale), stock_of(PHONE)) == (25, 85)
    assert [each.code for each in open_rejects()] == ["CONFLIT_FACTURE"] * 25


def test_an_operator_sees_shop_terminal_and_both_sales(conflict):
    with reading() as session:
        shown = views.find(session, conflict.id, opened=True)

    assert shown.shop is not None
    assert shown.terminal is not None
    assert shown.conflicts_with is not None
    assert (shown.shop.id, shown.shop.name) == (2, "Ma Boutique")
    assert (shown.terminal.id, shown.terminal.name) == (3, "Caisse 2")
    assert shown.payload == sale("000001")
    first = shown.conflicts_with
    assert (first.invoice_number, first.terminal) == ("000001", "Terminal messie vanza")
    assert (first.total, [line.title for line in first.lines]) == ("40000.00", ["Samsung S24"])


def test_amounts_of_a_cured_sale_are_those_that_were_sent(till, beside):
    till.send(sale("A"))
    beside.send(sale("A", (CASE, -1), remise=2))
    (reject,) = open_rejects()

    replay(reject.id, number="B", by=OPS)

    assert (sales()[1].total, sales()[1].discount) == (Decimal(-24998), Decimal(-2))
