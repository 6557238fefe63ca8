"""Orders are taken in once; what the site says of them later is a drift, noted once."""

import json

import pytest

from core import crypto
from db.models import TemplateOrderDrift
from tests.syncs import rows
from tests.syncs.running import counts, sync_now
from tests.syncs.template.exported import drifts, everything, resource


@pytest.fixture
def taken_in(template):
    """The site, whose orders are in the store."""
    sync_now(resource("orders"))
    return template


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
