"""Writes of Square's catalogue: versions, refused batches, lost answers, keys."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from connectors import errors
from connectors.families import Price, Product, Promotion
from sandbox.faults import Hang, Status
from sandbox.messages import Request
from sandbox.square import Square, orders

UPSERT = "/v2/catalog/batch-upsert"


@pytest.fixture
def upserts(source: Square) -> list[dict[str, Any]]:
    """The bodies of the writes that were asked for, carried out or not."""
    bodies: list[dict[str, Any]] = []
    answer = source.answer

    def noted(request: Request):
        if request.path == UPSERT:
            bodies.append(json.loads(request.body))
        return answer(request)

    source.answer = noted  # type: ignore[method-assign]  # every request goes through it
    return bodies


def price(sku: str, amount: str = "13.50", **more: Any) -> Price:
    return Price(sku=sku, price=Decimal(amount), currency="EUR", **more)


def stocked(source: Square, count: int) -> list[str]:
    """The SKUs of so many products more."""
    for number in range(count):
        source.catalogue.add(f"ITM{number:03}", f"VAR{number:03}", f"Plat {number}")
    return [f"PLAT-{number:03}" for number in range(count)]


@pytest.mark.parametrize(("status", "code"), [(400, "VERSION_MISMATCH"), (409, "CONFLICT")])
def test_a_version_that_moved_on_is_read_and_written_once_more(source, pos, upserts, status, code):
    source.catalogue.moved_on = (status, code)
    retrieve, moves = source.catalogue.retrieve, iter([True])

    def raced(idents: Any):
        found = retrieve(idents)
        if next(moves, False):
            source.catalogue.touch("VARQUICHE")
        return found

    source.catalogue.retrieve = raced

    (result,) = pos.push_prices([price("PLAT-QUICHE")], key="k-1")

    assert result.outcome == "updated"
    assert len(upserts) == 2
    assert len({body["idempotency_key"] for body in upserts}) == 2


def test_a_version_that_always_moves_on_fails_alone(source, pos, upserts):
    skus = stocked(source, 8)
    retrieve = source.catalogue.retrieve

    def raced(idents: Any):
        found = retrieve(idents)
        source.catalogue.touch("VAR003")
        return found

    source.catalogue.retrieve = raced

    results = pos.push_prices([price(sku) for sku in skus], key="k-1")

    assert {it.key: it.error for it in results if it.outcome == "failed"} == {
        "PLAT-003": "Square refuses it: VERSION_MISMATCH"
    }
    assert Counter(it.outcome for it in results) == {"updated": 7, "failed": 1}
    assert len(upserts) < 10


def test_the_guilty_one_of_many_is_found_by_halves(source, pos, upserts):
    skus = stocked(source, 300)
    source.catalogue.refused |= {"VAR017", "VAR250"}

    results = pos.push_prices([price(sku) for sku in skus], key="k-1")

    assert [it.key for it in results] == skus
    assert [it.key for it in results if it.outcome != "updated"] == ["PLAT-017", "PLAT-250"]
    assert all("INVALID_VALUE" in (it.error or "") for it in results if it.error)
    written = Counter(
        each["id"] for batch in source.catalogue.upserts for each in batch["batches"][0]["objects"]
    )
    assert set(written.values()) == {1}
    assert len(upserts) < 40


def test_what_is_refused_for_another_reason_is_not_halved(source, pos, upserts):
    skus = stocked(source, 8)
    source.tokens[next(iter(source.tokens))].scopes = frozenset({"ITEMS_READ"})

    with pytest.raises(errors.ForbiddenError, match="INSUFFICIENT_SCOPES"):
        pos.push_prices([price(sku) for sku in skus], key="k-1")

    assert len(upserts) == 1


@pytest.mark.parametrize("fault", [Hang(seconds=0), Status(status=500), Status(status=503)])
def test_a_lost_answer_is_asked_for_under_the_same_key(source, pos, upserts, fault):
    source.faults.add(fault.model_copy(update={"endpoint": "catalog-upsert", "times": 2}))

    (result,) = pos.push_prices([price("PLAT-QUICHE")], key="k-1")

    assert result.outcome == "updated"
    assert len(upserts) == 3
    assert len({body["idempotency_key"] for body in upserts}) == 1
    assert len(source.catalogue.upserts) == 1


def test_a_limit_on_a_write_says_nothing_was_settled_and_the_key_stays(source, pos, upserts):
    source.faults.add(Status(endpoint="catalog-upsert", status=429, times=1))
    with pytest.raises(errors.RateLimitError):
        pos.push_prices([price("PLAT-QUICHE")], key="k-1")

    (result,) = pos.push_prices([price("PLAT-QUICHE")], key="k-1")

    assert result.outcome == "updated"
    assert len({body["idempotency_key"] for body in upserts}) == 1


def test_a_key_is_the_callers_and_the_contents(source, pos, upserts):
    for key, amount in (("k-1", "13.00"), ("k-2", "13.50"), ("k-1", "14.00")):
        pos.push_prices([price("PLAT-QUICHE", amount)], key=key)

    keys = [body["idempotency_key"] for body in upserts]
    assert len(set(keys)) == len(keys) == 3
    assert all(str(UUID(key)) == key for key in keys)


def test_two_prices_of_one_product_are_one_write_and_the_last_holds(source, pos, upserts):
    here = price("PLAT-QUICHE", "9.00", location="LFICTIVE3")
    there = replace(here, location="LFICTIVE4", price=Decimal(8))

    results = pos.push_prices(
        [price("PLAT-QUICHE"), here, there, price("plat-quiche", "15")], key="k"
    )
    again = pos.push_prices([replace(here, price=Decimal("9.50"))], key="k")

    assert {it.outcome for it in (*results, *again)} == {"updated"}
    assert len(upserts) == 2
    data = source.catalogue.object("VARQUICHE")["item_variation_data"]
    assert data["price_money"] == orders.money(1500)
    assert [
        (it["location_id"], it["price_money"]["amount"]) for it in data["location_overrides"]
    ] == [
        ("LFICTIVE3", 950),
        ("LFICTIVE4", 800),
    ]


def test_fields_that_we_do_not_know_are_written_back_as_they_were(source, pos, description):
    before = source.catalogue.object("VARQUICHE")
    before["item_variation_data"] |= {"sellable": True, "ordinal": 3, "novelty": {"ordinal": 1}}
    before["custom_attribute_values"] = {"type": {"key": "type", "string_value": "x"}}
    source.catalogue.put(before)

    pos.push_prices([price("PLAT-QUICHE")], key="k-1")

    (written,) = source.catalogue.upserts[-1]["batches"][0]["objects"]
    assert written["item_variation_data"]["novelty"] == {"ordinal": 1}
    assert written["item_variation_data"]["sellable"] is True
    # Only Square writes these, and only there.
    assert "ordinal" not in written["item_variation_data"]
    assert "updated_at" not in written
    assert written["custom_attribute_values"] == {"type": {"string_value": "x"}}
    # The description does not know them either.
    description.violations.clear()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (price("PLAT-QUICHE", "-1"), "below zero"),
        (price("PLAT-QUICHE", "1.001"), "2 decimals"),
        (price("PLAT-QUICHE", "NaN"), "no amount"),
        (Price(price=Decimal(1), currency="EUR"), "an id or a SKU"),
        (Price(sku="PLAT-QUICHE", price=Decimal("1.5"), currency="JPY"), "0 decimals"),
        (Price(sku="PLAT-QUICHE", price=Decimal(1), currency=""), "currency"),
        (price("NOBODY"), "no SKU NOBODY"),
        (Price(external_id="GONE", price=Decimal(1), currency="EUR"), "no GONE"),
    ],
)
def test_a_price_that_cannot_be_fails_before_it_is_written(source, pos, change, error):
    (result,) = pos.push_prices([change], key="k-1")

    assert result.outcome == "failed"
    assert error in (result.error or "")
    assert source.catalogue.upserts == []


def test_a_sku_of_two_products_is_nobodys(source, pos):
    source.catalogue.add("ITM2", "VAR2", "Autre quiche", sku="plat-quiche")

    (result,) = pos.push_prices([price("PLAT-QUICHE")], key="k-1")

    assert "2 products" in (result.error or "")


def test_nothing_to_write_asks_nothing(source, pos):
    assert pos.push_prices([], key="k-1") == []
    assert pos.push_products([], key="k-1") == []
    assert len(source.log) == 0


def test_products_of_one_item_are_written_together(source, pos, upserts):
    small = source.catalogue.object("VARQUICHE")
    small |= {"id": "VARSMALL"}
    small["item_variation_data"] |= {"sku": "PLAT-SMALL", "name": "Petite"}
    source.catalogue.put(small)
    changes = [
        Product(name="Quiche lorraine", sku="PLAT-QUICHE", price=Decimal(13), currency="EUR"),
        Product(name="Quiche lorraine", id="VARSMALL", price=Decimal(7), currency="EUR"),
    ]

    results = pos.push_products(changes, key="k-1")

    assert [(it.outcome, it.external_id) for it in results] == [
        ("updated", "VARQUICHE"),
        ("updated", "VARSMALL"),
    ]
    assert len(upserts) == 1
    found = {it.id: (it.name, it.variation, it.price) for it in pos.get_products()}
    assert found["VARQUICHE"] == ("Quiche lorraine", "Part", 13)
    assert found["VARSMALL"] == ("Quiche lorraine", "Petite", 7)


def test_errors_within_a_good_answer_are_no_success(source, pos, upserts):
    skus = stocked(source, 4)
    upsert = source.catalogue.upsert

    def partial(key: str, batches: list[Any]) -> Any:
        if any(each["id"] == "VAR002" for each in batches[0]["objects"]):
            return {"errors": [{"category": "INVALID_REQUEST_ERROR", "code": "INVALID_VALUE"}]}
        return upsert(key, batches)

    source.catalogue.upsert = partial

    results = pos.push_prices([price(sku) for sku in skus], key="k-1")

    assert [(it.key, it.error) for it in results if it.outcome == "failed"] == [
        ("PLAT-002", "Square refuses it: INVALID_VALUE")
    ]


def test_a_sku_that_is_given_twice_is_created_once(source, pos):
    kir = Product(name="Kir", sku="KIR", price=Decimal(5), currency="EUR")

    results = pos.push_products([kir, replace(kir, sku="kir")], key="k-1")

    assert [it.outcome for it in results] == ["created", "failed"]
    assert "twice" in (results[1].error or "")


def test_a_product_without_an_id_or_a_sku_is_not_created(source, pos):
    unknown = Product(name="Kir", price=Decimal(5), currency="EUR")
    gone = Product(name="Kir", id="GONE", price=Decimal(5), currency="EUR")

    results = pos.push_products([unknown, gone], key="k-1")

    assert [it.outcome for it in results] == ["failed", "failed"]
    assert source.catalogue.upserts == []


def test_a_new_product_whose_answer_is_lost_is_there_once(source, pos):
    kir = Product(name="Kir", sku="KIR", gtin="3760000000001", price=None, currency=None)
    source.faults.add(Hang(endpoint="catalog-upsert", seconds=0, times=3))
    with pytest.raises(errors.ConnectionError):
        pos.push_products([kir], key="k-1")

    (result,) = pos.push_products([kir], key="k-1")

    (found,) = [it for it in pos.get_products() if it.sku == "KIR"]
    assert (result.external_id, found.price, found.gtin) == (found.id, None, "3760000000001")


def test_a_promotion_is_four_objects_that_change_together(source, pos, upserts):
    happy = Promotion(
        name="Heure joyeuse",
        amount=Decimal(2),
        currency="EUR",
        product_ids=("VARCIDRE",),
        valid_until=date(2026, 12, 24),
        periods=("BEGIN:VEVENT\nDURATION:PT2H\nEND:VEVENT",),
    )

    created = pos.push_promotion(happy, key="k-1")
    (found,) = pos.get_promotions()

    assert [it["type"] for it in upserts[0]["batches"][0]["objects"]] == [
        "DISCOUNT",
        "PRODUCT_SET",
        "TIME_PERIOD",
        "PRICING_RULE",
    ]
    assert replace(found, id="", version=None) == happy

    changed = replace(
        found, amount=None, currency=None, percentage=Decimal("7.50"), valid_until=None, periods=()
    )
    assert pos.push_promotion(changed, key="k-2").outcome == "updated"
    (after,) = pos.get_promotions()
    assert replace(after, version=None) == replace(changed, version=None)
    assert created.external_id == after.id
    assert pos.push_promotion(after, key="k-3").outcome == "unchanged"
    everything = replace(after, product_ids=())
    assert pos.push_promotion(everything, key="k-4").outcome == "updated"
    assert pos.get_promotions()[0].product_ids == ()


@pytest.mark.parametrize(
    ("promotion", "error"),
    [
        (Promotion(name="x"), "a percentage or an amount"),
        (
            Promotion(name="x", percentage=Decimal(1), amount=Decimal(1)),
            "a percentage or an amount",
        ),
        (Promotion(name="x", amount=Decimal(1)), "currency"),
        (Promotion(name="x", id="GONE", percentage=Decimal(1)), "no GONE"),
    ],
)
def test_a_promotion_that_cannot_be_fails_before_it_is_written(source, pos, promotion, error):
    result = pos.push_promotion(promotion, key="k-1")

    assert result.outcome == "failed"
    assert error in (result.error or "")
    assert source.catalogue.upserts == []


def test_unknown_objects_of_the_catalogue_are_passed_over(source, pos):
    source.catalogue.put({"type": "HOLOGRAM", "id": "H1", "hologram_data": {"x": 1}})
    source.catalogue.put(
        {"type": "ITEM_VARIATION", "id": "ALONE", "item_variation_data": {"name": "Seule"}}
    )
    source.catalogue.delete("VARCAFE")

    found = {it.id: it for it in pos.get_products()}

    assert "H1" not in found
    assert "VARCAFE" not in found
    assert found["ALONE"].name == "Seule"


def test_what_was_deleted_at_that_very_instant_is_among_what_changed(source, pos, clock):
    clock.later(minutes=1)
    source.catalogue.delete("VARCAFE")

    (found,) = pos.get_products(updated_since=clock.now)

    assert (found.id, found.deleted) == ("VARCAFE", True)
