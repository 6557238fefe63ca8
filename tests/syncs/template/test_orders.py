"""Orders are taken in once; what the site says of them later is a drift, noted once."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

import core.settings
from core import crypto
from db.catalogue import shops
from db.models import TemplateOrderDrift
from db.session import writing
from tests.syncs import rows
from tests.syncs.running import counts, sync_now
from tests.syncs.template.exported import drifts, everything, resource, said


@pytest.fixture
def taken_in(template):
    """The site, whose orders are in the store."""
    sync_now(resource("orders"))
    return template


def open_shop() -> None:
    """From now on no record is known to the letter: where it belongs may have changed."""
    with writing() as session:
        shops.add(session, name="Boutique")


def test_an_order_that_changes_at_the_site_stays_as_it_was(taken_in):
    before = everything()
    taken_in.gallery.orders.edit(3, status="remboursée", email="autre@courriel.example")

    found = sync_now(resource("orders"))

    assert counts(found) == {"unchanged": 12}
    assert found["status"] == "succeeded"
    assert any("stay as they were" in warning for warning in found["warnings"])
    assert everything() == before
    (drift,) = drifts()
    assert drift.fields == ["email", "status"]
    assert drift.run_id == found["run_id"]
    told = json.loads(crypto.unseal(drift.payload))
    assert (told["status"], told["email"]) == ("remboursée", "autre@courriel.example")


def test_the_next_run_knows_it_and_is_quiet(taken_in):
    taken_in.gallery.orders.edit(3, status="remboursée")
    sync_now(resource("orders"))

    again = sync_now(resource("orders"))

    assert (counts(again), again["warnings"]) == ({"unchanged": 12}, [])
    assert rows.count(TemplateOrderDrift) == 1


def test_each_content_is_one_drift_however_often_it_comes_back(taken_in):
    first = str(taken_in.gallery.orders.get(3)["status"])
    for status in ("remboursée", "perdue", "remboursée", first, "perdue"):
        taken_in.gallery.orders.edit(3, status=status)
        sync_now(resource("orders"))

    assert [json.loads(crypto.unseal(drift.payload))["status"] for drift in drifts()] == [
        "remboursée", "perdue",
    ]  # fmt: skip


def test_what_is_bought_is_a_part_of_the_order(taken_in):
    things = taken_in.gallery.orders.get(4)["items"]
    taken_in.gallery.orders.edit(4, items=[{**things[0], "price": 1}, *things[1:]])

    found = sync_now(resource("orders"))

    assert counts(found) == {"unchanged": 12}
    assert [drift.fields for drift in drifts()] == [["items"]]


def test_the_same_order_in_other_letters_is_no_drift(taken_in):
    total = taken_in.gallery.orders.get(5)["total_price"]
    taken_in.gallery.orders.edit(5, total_price=f"{total}.00")

    found = sync_now(resource("orders"))

    assert counts(found) == {"unchanged": 12}
    assert drifts() == []


def test_a_drifted_order_and_a_new_one_on_one_page(taken_in):
    taken_in.gallery.orders.edit(12, status="remboursée")
    taken_in.gallery.orders.add(status="payée")

    found = sync_now(resource("orders"))

    assert counts(found) == {"created": 1, "unchanged": 12}
    assert len(drifts()) == 1


def test_an_order_the_site_forgets_stays(taken_in):
    taken_in.gallery.orders.delete(1, 2)
    before = everything()

    found = sync_now(resource("orders"))

    assert counts(found) == {"unchanged": 10}
    assert everything() == before


def test_an_order_that_differs_within_one_answer_stays_as_it_came_first(taken_in):
    changed = {**taken_in.gallery.orders.get(2), "status": "perdue"}
    taken_in.gallery.orders.add_raw(json.dumps(changed))

    found = sync_now(resource("orders"))

    assert counts(found) == {"unchanged": 12, "duplicates": 1}
    assert [drift.fields for drift in drifts()] == [["status"]]


@pytest.mark.parametrize("second", [2, 12], ids=["two pages", "one page"])
def test_of_a_new_order_that_comes_twice_the_first_is_kept(template, second):
    first = template.gallery.orders.get(second)
    changed = {**first, "status": "perdue", "items": []}
    template.gallery.orders.add_raw(json.dumps(changed))

    found = sync_now(resource("orders"))

    assert counts(found) == {"created": 12, "duplicates": 1}
    assert said("orders")[str(second)]["status"] == first["status"]
    (drift,) = drifts()
    assert drift.fields == ["items", "status"]
    assert json.loads(crypto.unseal(drift.payload))["status"] == "perdue"
    assert len(found["warnings"]) == 1
    assert sync_now(resource("orders"))["warnings"] == []


def test_a_moment_in_microseconds_is_no_drift_when_orders_are_compared(template):
    template.gallery.orders.edit(3, order_date="2026-05-01T12:11:12.345678+02:00")
    sync_now(resource("orders"))
    moment = datetime(2026, 5, 1, 10, 11, 12, 345_000, UTC)
    assert said("orders")["3"]["ordered_at"] == moment

    open_shop()
    found = sync_now(resource("orders"))

    assert (counts(found), found["warnings"]) == ({"unchanged": 12}, [])
    assert drifts() == []


def test_the_same_fields_in_another_order_are_no_drift(template):
    sent = template.gallery.orders.edit(3, order_date="2026-05-01T12:11:12.345678")
    sync_now(resource("orders"))
    template.gallery.orders.put_raw(3, json.dumps(dict(reversed(sent.items()))))

    found = sync_now(resource("orders"))

    assert (counts(found), found["warnings"]) == ({"unchanged": 12}, [])
    assert drifts() == []


def test_a_new_version_of_our_code_is_no_change_at_the_site(taken_in):
    sync = resource("orders")

    found = sync_now(replace(sync, kind=replace(sync.kind, version=99)))

    assert (counts(found), found["warnings"]) == ({"unchanged": 12}, [])
    assert drifts() == []


def test_a_drift_that_is_known_stays_quiet_whatever_makes_orders_be_compared(taken_in, monkeypatch):
    taken_in.gallery.orders.edit(3, status="remboursée")
    assert len(sync_now(resource("orders"))["warnings"]) == 1

    open_shop()
    shop = sync_now(resource("orders"))
    monkeypatch.setenv("INVENTORY_STOCK_MODE", "mirror")
    core.settings.reset()
    mirror = sync_now(resource("orders"))

    for found in (shop, mirror):
        assert (counts(found), found["warnings"]) == ({"unchanged": 12}, [])
    assert rows.count(TemplateOrderDrift) == 1


def test_a_drift_in_what_fits_no_column_is_named(taken_in):
    taken_in.gallery.orders.edit(5, total_price="on request", total="on request")
    sync_now(resource("orders"))
    taken_in.gallery.orders.edit(5, total="on demand")
    sync_now(resource("orders"))

    names = ["total", "total as received", "total_price"]
    assert [drift.fields for drift in drifts()] == [names, names]
    told = [json.loads(crypto.unseal(drift.payload)) for drift in drifts()]
    assert [each["total as received"] for each in told] == ["on request", "on demand"]


def test_a_drift_that_python_takes_for_the_same_is_named(template):
    template.gallery.orders.edit(5, gift=0)
    sync_now(resource("orders"))
    template.gallery.orders.edit(5, gift=False)
    sync_now(resource("orders"))

    assert [drift.fields for drift in drifts()] == [["gift"]]
