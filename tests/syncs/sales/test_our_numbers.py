"""Sales without a number: those that we give them, and tills that take them up."""

from __future__ import annotations

from db.models import Sale, SalesBatch, Shop
from db.session import reading, writing
from syncs.sales.process import process
from tests.syncs.sales.conftest import (
    CASE,
    PHONE,
    adjust,
    count,
    sale,
    sales,
    stock_of,
)


def test_sales_without_a_number_are_two_sales_unless_there_is_a_key(till):
    bare = till.send(sale(None), sale(None))
    keyed = [till.send(sale(None), sale(None), key="k-1") for _ in range(2)]

    assert bare["statistiques"]["reussies"] == 2
    assert "Idempotency-Key" in bare["avertissement"]
    assert keyed[0] == keyed[1]
    assert "avertissement" not in keyed[0]
    assert count(Sale) == 4
    assert len({made.invoice_number for made in sales()}) == 4


def test_a_numbers_second_and_index_are_those_of_the_reception(till):
    answer = till.send(sale("A"), sale(None), sale("", (CASE, 1)))

    with reading() as session:
        stamp = session.get_one(SalesBatch, 1).number_stamp
    assert [made["numero_facture"] for made in answer["ventes_creees"]] == [
        "A", f"VENTE-2-{stamp}-1", f"VENTE-2-{stamp}-2",
    ]  # fmt: skip


def test_batches_of_one_second_have_numbers_of_their_own(till):
    adjust(PHONE, 10)
    received = [till.receive(sale(None)) for _ in range(20)]
    for each in received:
        process(each.batch_id)

    assert len({made.invoice_number for made in sales()}) == 20
    with reading() as session:
        stamps = {session.get_one(SalesBatch, each.batch_id).number_stamp for each in received}
    assert len(stamps) == 20


def test_a_till_that_uses_our_number_for_its_own_takes_nothing_away(till):
    received = till.receive(sale(None))
    with reading() as session:
        number = f"VENTE-2-{session.get_one(SalesBatch, received.batch_id).number_stamp}-0"
    first = till.send(sale(number))
    process(received.batch_id)

    second = till.answer(received.batch_id)

    assert first["statistiques"]["reussies"] == second["statistiques"]["reussies"] == 1
    assert second["ventes_creees"][0]["numero_facture"] == f"{number}-{received.batch_id}"
    assert stock_of(PHONE) == 8


def test_a_number_that_was_sold_before_the_batch_came_is_not_given_again(till):
    till.send(sale("VENTE-2-20261129080000-0"))
    received = till.receive(sale(None))
    with writing() as session:
        session.get_one(SalesBatch, received.batch_id).number_stamp = "20261129080000"
    process(received.batch_id)

    answer = till.answer(received.batch_id)

    number = f"VENTE-2-20261129080000-0-{received.batch_id}"
    assert [made["numero_facture"] for made in answer["ventes_creees"]] == [number]
    assert stock_of(PHONE) == 8


def test_a_till_that_takes_up_the_number_it_was_told_of_a_refused_sale_sells_it_once(till):
    batch = sale(None, (CASE, 6))
    refused = till.send(batch, key="k")["ventes_erreurs"][0]
    adjust(CASE, 100)
    till.send(sale(refused["numero_facture"], (CASE, 6)))

    again = till.send(batch, key="k")

    assert [error["code"] for error in again["ventes_erreurs"]] == ["DOUBLON"]
    assert (count(Sale), stock_of(CASE)) == (1, 99)


def test_a_sale_beside_its_number_is_the_same_when_the_rest_is_tried_again(till):
    number = "VENTE-2-20990101000000-1"
    batch = (sale(number), sale(None), sale("B", (CASE, 6)))
    received = till.receive(*batch, key="k")
    with writing() as session:
        session.get_one(SalesBatch, received.batch_id).number_stamp = "20990101000000"
    process(received.batch_id)
    first = till.answer(received.batch_id)

    assert till.send(*batch, key="k") == first
    assert [made["numero_facture"] for made in first["ventes_creees"]] == [
        number, f"{number}-{received.batch_id}",
    ]  # fmt: skip


def test_it_is_the_same_sale_when_the_shops_zone_was_corrected(till):
    told = sale("A", date_vente="2026-07-01T12:00:00")
    till.send(told)
    with writing() as session:
        session.get_one(Shop, 2).timezone = "Africa/Kinshasa"

    assert till.send(told)["ventes_erreurs"][0]["code"] == "DOUBLON"
